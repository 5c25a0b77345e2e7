import { definePlugin, objectSchema, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { folderChannel } from './channels/folder.ts';
import { mcpChannel } from './channels/mcp.ts';
import { requestsChannel } from './channels/requests.ts';
import { tasksChannel } from './channels/tasks.ts';
import { planExecuteSetting } from './settings/plan-execute.ts';
import { relay } from './settings/relay.ts';
import { reviewSetting } from './settings/review.ts';
import { team } from './settings/team.ts';

const noOptions = objectSchema({});

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/settings',
  version: pkg.version,
  apiVersion: 1,
  settings: {
    plan_execute: planExecuteSetting,
    review: reviewSetting,
    relay: { options: noOptions, create: () => relay },
    team: { options: noOptions, create: () => team },
  },
  channels: {
    tasks: tasksChannel,
    folder: folderChannel,
    requests: requestsChannel,
    mcp: mcpChannel,
  },
});

export default plugin;
