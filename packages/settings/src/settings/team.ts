import type { SeatPlan, Setting } from '@cooperbench/core';
import { formatOtherSeats, listSeatForEach } from './seats.ts';

/** One agent for each feature. The first one leads: it organizes the work, and hands in that of all. */
export const team: Setting = {
  seats: (features) =>
    listSeatForEach(features).map((seat, index) => ({ ...seat, role: index === 0 ? 'lead' : 'member' })),
  channels: ['messages', 'git', 'tasks', 'folder', 'requests', 'mcp'],
  judged: 'merge',
  mergePolicy: 'lead',
  task(seat, descriptions) {
    const ownTexts = seat.features.map((feature) => descriptions.get(feature)).join('\n\n');
    if (seat.role !== 'lead') return ownTexts;
    const otherDescriptions = [...descriptions].filter(([feature]) => !seat.features.includes(feature));
    return `${ownTexts}\n\n## Features of your members\n\n${otherDescriptions.map(([feature, text]) => `### Feature ${feature}\n\n${text}`).join('\n\n')}`;
  },
  instructions: (seat, seats) =>
    seat.role === 'lead' ? formatLeadText(seat, seats) : formatMemberText(seat, seats),
};

function formatLeadText(seat: SeatPlan, seats: readonly SeatPlan[]): string {
  return `You are ${seat.id}, the lead of a team. Your members are ${formatOtherSeats(seat, seats)}. Each works at the same time in their own copy of the repository, and so do you.

Your most important duty is the integration: the merged work of the team is tested. If patches conflict, your patch alone decides, and it must then have every feature.

1. Divide the work so that changes do not meet in the same lines. Tell your members which files and regions are whose.
2. Give each member clear tasks, and implement your own feature.
3. Look at the tasks from time to time, and help members who are blocked.
4. Before you finish, all tasks must be done, and your work tree must have the changes of every member, without conflicts. Build and test it.`;
}

function formatMemberText(seat: SeatPlan, seats: readonly SeatPlan[]): string {
  const lead = seats.find(({ role }) => role === 'lead')?.id ?? 'agent1';
  return `You are ${seat.id}, a member of a team. ${lead} leads it and divides the work. Everybody works at the same time in their own copy of the repository.

Change only what your task needs. Do as the lead says where your changes could meet those of others. When you are blocked, tell ${lead} what you need. When you are done, share your changes with ${lead}, who integrates the work of all, and say so.`;
}
