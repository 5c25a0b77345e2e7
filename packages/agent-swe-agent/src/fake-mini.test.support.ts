import { fakePython } from './fake-python.test.support.ts';

/** The parts of LiteLLM and mini-SWE-agent that the program imports, in few lines: the same loop, one tool, no waits. */
const packages = `
import json, os, pathlib, subprocess, sys, types, urllib.error, urllib.request

def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made

class BadRequestError(Exception): pass
class Submitted(Exception): pass

class LitellmModel:
    abort_exceptions = [PermissionError]

    def __init__(self, model_name, model_kwargs):
        self.name, self.kwargs = model_name, model_kwargs

    def query(self, messages):
        sent = [{key: value for key, value in message.items() if key != "extra"} for message in messages]
        for attempt in range(int(os.environ["MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT"])):
            request = urllib.request.Request(
                self.kwargs["api_base"] + "/chat/completions",
                json.dumps({"model": self.name, "messages": sent}).encode(),
                {"authorization": "Bearer " + self.kwargs["api_key"]},
            )
            try:
                answer = json.load(urllib.request.urlopen(request))["choices"][0]["message"]
                break
            except urllib.error.HTTPError as failed:
                error = BadRequestError(str(failed)) if failed.code == 400 else failed
                if isinstance(error, tuple(self.abort_exceptions)):
                    raise error
        else:
            raise error
        calls = answer.get("tool_calls", [])
        actions = [{"command": json.loads(c["function"]["arguments"])["command"], "tool_call_id": c["id"]} for c in calls]
        return {**answer, "extra": {"actions": actions}}

    def format_message(self, **message):
        return message

    def format_observation_messages(self, message, outputs, variables):
        return [
            {"role": "tool", "content": output["output"], "tool_call_id": action["tool_call_id"]}
            for action, output in zip(message["extra"]["actions"], outputs)
        ]

class Environment:
    def execute(self, action):
        done = subprocess.run(action["command"], shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.stdout.startswith("COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"):
            raise Submitted()
        return {"output": done.stdout}

class DefaultAgent:
    def __init__(self, model, env, system_template, **_):
        self.model, self.env, self.messages = model, env, []
        self.config = types.SimpleNamespace(system_template=system_template)

    def add_messages(self, *messages):
        self.messages.extend(messages)
        return list(messages)

    def get_template_vars(self):
        return {}

    def query(self):
        message = self.model.query(self.messages)
        self.add_messages(message)
        return message

    def run(self, task, seat_instructions):
        system = self.config.system_template.replace("{{ seat_instructions }}", seat_instructions)
        self.add_messages({"role": "system", "content": system}, {"role": "user", "content": task})
        try:
            while True:
                self.execute_actions(self.query())
        except Submitted:
            self.add_messages({"role": "exit", "extra": {"exit_status": "Submitted"}})

def main(model_name, agent_class, task, config_spec, **_):
    config = {key: json.loads(value) for key, value in (spec.split("=", 1) for spec in config_spec[1:])}
    model = LitellmModel(model_name, config["model"]["model_kwargs"])
    made = getattr(sys.modules["__main__"], agent_class.split(".")[1])
    print("noise on standard output")
    made(model, Environment(), **{"system_template": "You are mini.", **config.get("agent", {})}).run(task)

module("litellm", exceptions=types.SimpleNamespace(BadRequestError=BadRequestError))
module("minisweagent.agents.default", DefaultAgent=DefaultAgent)
module("minisweagent.config", builtin_config_dir=pathlib.Path("/config"))
module("minisweagent.exceptions", Submitted=Submitted)
module("minisweagent.models.litellm_model", LitellmModel=LitellmModel)
module("minisweagent.models.utils.content_string", get_content_string=lambda message: "")
run = module("minisweagent.run", mini=types.SimpleNamespace(main=main))
`;

/** Returns the path of a Python that has them. */
export const fakeMini = (folder: string): string => fakePython(folder, 'fake-mini', packages);
