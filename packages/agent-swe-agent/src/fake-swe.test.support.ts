import { fakePython } from './fake-python.test.support.ts';

/** The parts of LiteLLM and SWE-agent that the program imports, in few lines: the same loop and hooks, and no waits. */
const packages = String.raw`
import json, pathlib, subprocess, sys, types, urllib.error, urllib.request

def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made

class BadRequestError(Exception): pass

def completion(model, messages, api_base, api_key):
    headers = {"authorization": "Bearer " + api_key}
    body = json.dumps({"model": model, "messages": messages}).encode()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(api_base + "/chat/completions", body, headers))
    except urllib.error.HTTPError as failed:
        raise BadRequestError(str(failed)) if failed.code == 400 else failed
    return json.load(answer)["choices"][0]["message"]

litellm = module(
    "litellm",
    completion=completion,
    BadRequestError=BadRequestError,
    ContextWindowExceededError=KeyError,
    ContentPolicyViolationError=IndexError,
)

class Agent:
    def __init__(self, config):
        self.config, self.name, self.history, self.info = config, "main", [], {}
        self.templates = types.SimpleNamespace(system_template="You are SWE-agent.")

    def add_hook(self, hook):
        self.hook = hook
        hook.on_init(agent=self)

    def get_model_requery_history(self, template, *, output, **_):
        return []

    def add(self, **item):
        self.hook.on_query_message_added(agent=self.name, **item)
        self.history.append(item)

    def ask(self):
        model = self.config["agent"]["model"]
        shown = [{"role": item["role"], "content": item["content"]} for item in self.history]
        for attempt in range(model["retry"]["retries"]):
            try:
                access = {key: model[key] for key in ("api_base", "api_key")}
                return litellm.completion(model=model["name"], messages=shown, **access)
            except urllib.error.HTTPError as failed:
                error = failed
        raise error

    def step(self):
        self.hook.on_step_start()
        step = types.SimpleNamespace(done=False, exit_status=None, action="")
        try:
            answer = self.ask()
        except Exception as error:
            step.done, step.exit_status = True, "exit_error"
            print("Exiting due to", error)
        else:
            call = answer["tool_calls"][0]
            given = json.loads(call["function"]["arguments"])
            action = given.get("command", call["function"]["name"])
            calls = [{"id": call["id"]}]
            self.add(role="assistant", content=answer["content"], action=action, tool_calls=calls)
            step.action = action
            if action == "submit":
                step.done, step.exit_status, output = True, "submitted", ""
            else:
                entered = self.config["env"]["post_startup_commands"][0]
                done = subprocess.run(f"{entered}; {action}", shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                output = done.stdout
                if "<<SWE_AGENT_SUBMISSION>>" in output:
                    step.done, step.exit_status = True, "submitted"
            self.add(role="tool", content="OBSERVATION:\n" + output, tool_call_ids=[call["id"]])
        self.info["exit_status"] = step.exit_status
        self.hook.on_step_done(step=step, info=self.info)
        return step

class RunSingle:
    @classmethod
    def from_config(cls, config):
        made = cls()
        made.agent = Agent(config)
        return made

    def run(self):
        task = self.agent.config["problem_statement"]
        seat = task["extra_fields"]["seat_instructions"]
        system = self.agent.templates.system_template.replace("{{ seat_instructions }}", seat)
        self.agent.add(role="system", content=system)
        self.agent.add(role="user", content=task["text"])
        while not self.agent.step().done:
            pass

class BasicCLI:
    def __init__(self, config):
        pass

    def get_config(self, arguments):
        return json.loads(pathlib.Path(arguments[5]).read_text())

module("sweagent", CONFIG_DIR=pathlib.Path("/config"))
module("sweagent.agent.hooks.abstract", AbstractAgentHook=object)
module("sweagent.run.common", BasicCLI=BasicCLI)
module("sweagent.run.run_single", RunSingle=RunSingle, RunSingleConfig=object)
`;

/** Returns the path of a Python that has them. */
export const fakeSwe = (folder: string): string => fakePython(folder, 'fake-swe', packages);
