/**
 * Runs the command `mini` of mini-SWE-agent with an agent that shows the notes of other seats before each request and reports
 * what happens. The model, environment, prompts and loop are mini-SWE-agent's own. Runs after `seatProgram`.
 */
export const miniProgram: string = String.raw`
import re
import litellm
from minisweagent.agents.default import DefaultAgent
from minisweagent.config import builtin_config_dir
from minisweagent.exceptions import Submitted
from minisweagent.models.litellm_model import LitellmModel
from minisweagent.models.utils.content_string import get_content_string
from minisweagent.run import mini

# Repeating a wrong request does not help.
LitellmModel.abort_exceptions.append(litellm.exceptions.BadRequestError)


def text_of(message):
    content = message.get("content")
    return content if isinstance(content, str) else get_content_string({**message, "tool_calls": None})


# A file or a commit message that a command prints cannot hand in: the agent writes the echo, as its last command.
own_submission = re.compile(
    r"(^|;|\n|&&)\s*echo\s+(['\"]?)COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\2\s*(;\s*|&&\s*(git diff\b|cat )[^;&|\n]*)?\Z"
)


class SeatAgent(DefaultAgent):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.config.system_template += "\n\n{{ seat_instructions }}"

    def run(self, task="", **kwargs):
        return super().run(task, seat_instructions=seat["instructions"], **kwargs)

    def add_messages(self, *messages):
        for message in messages:
            extra = message.get("extra", {})
            if extra.get("interrupt_type") == "FormatError" and isinstance(extra.get("response"), dict):
                self.emit_rejected(extra["response"])
            if message.get("role") == "exit":
                emit(type="ended", status=extra.get("exit_status"))
                continue
            calls = [{"id": call.get("tool_call_id", ""), "command": call["command"]} for call in extra.get("actions", [])]
            # The Responses API has items without a role.
            role = message.get("role", "assistant" if message.get("object") == "response" else "tool")
            emit(
                type="message",
                role=role,
                content=text_of(message),
                calls=calls,
                reasoning=message.get("reasoning_content"),
                call=message.get("tool_call_id"),
                response=(extra.get("response") or {}).get("id") if role == "assistant" else None,
                original=message,
            )
        return super().add_messages(*messages)

    # An answer that mini-SWE-agent refuses is no message of its own.
    def emit_rejected(self, response):
        answer = response["choices"][0]["message"] if response.get("choices") else {}
        calls = [
            {"id": call["id"], "command": call["function"]["arguments"]} for call in answer.get("tool_calls") or []
        ]
        emit(
            type="message",
            role="assistant",
            content=answer.get("content") or "",
            calls=calls,
            reasoning=answer.get("reasoning_content"),
            response=response.get("id"),
        )

    def query(self):
        notes = [self.model.format_message(role="user", content=note) for note in arrived()]
        super().add_messages(*notes)
        return super().query()

    def execute_actions(self, message):
        outputs = []
        for action in message.get("extra", {}).get("actions", []):
            try:
                outputs.append(self.env.execute(action))
            except Submitted:
                own = own_submission.search(action["command"])
                if own and not wait_for_note():
                    raise
                said = "" if own else "Nothing was handed in. To hand in, run the submit command alone.\n"
                outputs.append({"output": said, "returncode": 0, "exception_info": ""})
                if own:
                    break
        observations = self.model.format_observation_messages(message, outputs, self.get_template_vars())
        return self.add_messages(*observations)


config = {"model": {"model_kwargs": seat["model_kwargs"]}}
mini.main(
    model_name=seat["model"],
    model_class=None,
    agent_class="__main__.SeatAgent",
    environment_class="local",
    task=seat["task"],
    yolo=True,
    cost_limit=0,
    config_spec=[
        str(builtin_config_dir / "mini.yaml"),
        *[f"{key}={json.dumps(value)}" for given in (seat["config"], config) for key, value in given.items()],
    ],
    output=None,
    exit_immediately=True,
)
`;
