/** The texts that an agent configuration may replace. render.ts fills in each `{{…}}`. */
export interface Prompts {
  readonly system: string;
  readonly task: string;
  /** Also shown to an agent with peers. */
  readonly team: string;
  /** Part of `team` where no channel shows the agent what its peers say. */
  readonly no_messages: string;
  /** By channel: what replaces its own instructions. */
  readonly channels: Readonly<Record<string, string>>;
}

const system = `You are {{seat}}, a software engineer at a shell. You have one tool, bash. Each call runs your command in a fresh shell that starts in {{repo_dir}}: a changed directory, a variable or an alias does not outlive the call, while files do. A command is stopped after {{command_timeout_seconds}} seconds. It gets no input, so use no editor, pager or prompt that waits for a person. Send the output of what you start in the background to a file. Long output is cut in the middle.

Say in a sentence or two what you are about to do and why, then call the tool. Look at the output before you continue.`;

const task = `Here is what to implement in the git repository at {{repo_dir}}.

<task>
{{task}}
</task>

Change the source code so that the description holds in full, including its names, signatures and edge cases: tests you cannot see will check it. Keep what works working. Do not change existing tests or configuration to make something pass.

A way that works well:
1. Read the relevant code and find where the change belongs.
2. Make the change, in the style of the code around it.
3. Try it: run existing tests that touch it, and a small script of your own for the new behaviour. Remove the script afterwards.
4. Look at \`git diff\` once more: everything in the work tree that differs from the start is handed in.
{{team}}
When you are done, hand in with this command and nothing else in the call:

    {{submit_command}}

After that you cannot change anything. To hand in something other than the state of the work tree, write it to {{repo_dir}}/patch.txt beforehand, in the form that \`git apply\` takes.{{step_note}}`;

/** In place of the task prompt, unless the configuration has its own, where nobody tests what the seat changes. */
export const untestedTask: string = `Here is your task in the git repository at {{repo_dir}}.

<task>
{{task}}
</task>

Do what it says, and leave in the work tree what it asks for. No test checks your changes.
{{team}}
When you are done, end with this command and nothing else in the call:

    {{submit_command}}

After that you cannot do anything more.{{step_note}}`;

const team = `
{{instructions}}
{{no_messages}}{{channels}}`;

const noMessages = `
You cannot talk to each other.
`;

export const defaultPrompts: Prompts = { system, task, team, no_messages: noMessages, channels: {} };
