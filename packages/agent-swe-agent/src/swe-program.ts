/**
 * Runs `sweagent run` with a hook that shows the notes of other seats before each request and reports what happens. The
 * model, tools, prompts and loop are SWE-agent's own. Runs after `seatProgram`.
 */
export const sweProgram: string = String.raw`
import tempfile
import litellm
from pathlib import Path
from sweagent import CONFIG_DIR
from sweagent.agent.hooks.abstract import AbstractAgentHook
from sweagent.run.common import BasicCLI
from sweagent.run.run_single import RunSingle, RunSingleConfig

ask = litellm.completion


def completion(**request):
    try:
        return ask(**request)
    except litellm.BadRequestError as error:
        # A wrong request stays wrong, but SWE-agent would repeat it. It handles these two errors itself.
        if isinstance(error, (litellm.ContextWindowExceededError, litellm.ContentPolicyViolationError)):
            raise
        raise RuntimeError(str(error)) from error


litellm.completion = completion


class SeatHook(AbstractAgentHook):
    def on_init(self, *, agent):
        self.agent = agent
        requery = agent.get_model_requery_history

        # SWE-agent shows an answer that it refuses to the model once, and forgets it.
        def requery_and_report(*args, **kwargs):
            history = requery(*args, **kwargs)
            for message in history[-2:]:
                emit(type="message", role=message["role"], content=message["content"], calls=[])
            return history

        agent.get_model_requery_history = requery_and_report

    def on_query_message_added(
        self, *, role, content, action="", tool_call_ids=None, tool_calls=None, thinking_blocks=None, **_
    ):
        id = tool_calls[0]["id"] if tool_calls else ""
        emit(
            type="message",
            role=role,
            content=content,
            calls=[{"id": id, "command": action}] if action else [],
            reasoning="\n\n".join(block.get("thinking") or "" for block in thinking_blocks or []),
            call=tool_call_ids[0] if tool_call_ids else None,
        )

    def on_step_start(self):
        for note in arrived():
            item = {"role": "user", "content": note, "agent": self.agent.name, "message_type": "observation"}
            self.agent.history.append(item)

    def on_step_done(self, *, step, info):
        # SWE-agent finds its mark of a submission in anything that a command prints.
        if step.exit_status == "submitted" and step.action.split()[:1] != ["submit"]:
            step.done, step.exit_status = False, None
            return
        if step.exit_status in ("submitted", "exit_command") and wait_for_note():
            step.done = False


folder = Path(tempfile.mkdtemp())
arguments = ["--config", str(CONFIG_DIR / "default.yaml")]
for name in ("config", "given"):
    (folder / f"{name}.yaml").write_text(json.dumps(seat[name]))
    arguments += ["--config", str(folder / f"{name}.yaml")]
run = RunSingle.from_config(BasicCLI(RunSingleConfig).get_config([*arguments, "--output_dir", str(folder)]))
run.agent.templates.system_template += "\n\n{{ seat_instructions }}"
run.agent.add_hook(SeatHook())
run.run()
emit(type="ended", status=run.agent.info.get("exit_status"))
`;
