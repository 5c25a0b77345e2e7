"""Reads the folder of a run of CooperBench into pandas frames. Reads files and writes none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["log_to_wandb", "messages", "pass_rates", "seats", "trials"]

# A larger file is no record of a run.
MOST_BYTES = 256 * 1024 * 1024


def trials(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each trial. Costs are in US dollars, times in seconds; what the files do not say is missing."""
    return pd.DataFrame([_trial(one) for one in _trials(Path(run))])


def seats(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each seat of each trial."""
    rows = []
    for trial in _trials(Path(run)):
        evaluation = _evaluation(trial.folder) or {}
        alone = _object(evaluation.get("individual"))
        for name, seat in trial.seats.items():
            rows.append(
                {
                    **_identity(trial),
                    "seat": name,
                    "agent": _agent(trial, seat),
                    "model": _model(trial, seat),
                    "status": seat.get("status"),
                    "cost": _cost(seat),
                    **{key: seat.get(key) for key in ("steps", "input_tokens", "output_tokens", "patch_lines")},
                    "passes_alone": _object(alone.get(name)).get("success"),
                }
            )
    return pd.DataFrame(rows)


def messages(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each message between seats, in the order of sending. `accepted_by` is empty when it was refused.

    The Python original records neither who accepted a message nor always when it was sent: both may be missing."""
    rows = []
    for trial in _trials(Path(run)):
        events = list(_events(trial.folder / "events.jsonl"))
        if events:
            keys = ("time", "from", "to", "text", "accepted_by")
            own = [{key: event.get(key) for key in keys} for event in events if event.get("type") == "message"]
        else:
            own = _conversation(trial.folder / "conversation.json")
        rows.extend({**_identity(trial), **message} for message in own)
    frame = pd.DataFrame(rows)
    if "time" in frame:
        frame["time"] = pd.to_datetime(frame["time"], format="ISO8601", utc=True)
    return frame


def pass_rates(run: str | os.PathLike[str]) -> pd.Series:
    """The merged rate of each setting, as `cooperbench report` has it: a pair counts the mean of its repetitions."""
    frame = trials(run)
    if frame.empty:
        return pd.Series(dtype=float)
    judged = frame[frame["verdict"].isin(["passed", "failed"])]
    passed = judged["verdict"].eq("passed").astype(float)
    return passed.groupby([judged["setting"], judged["pair"]]).mean().groupby(level="setting").mean()


def log_to_wandb(run: str | os.PathLike[str], **options: Any) -> None:
    """Logs a run to Weights & Biases: its options, the rate of each setting, and its trials and seats as tables.

    Needs the package wandb. `options` are those of `wandb.init`, such as `project`."""
    import wandb

    folder = Path(run)
    config = _read(folder / "config.json") or {}
    settings = {name: _object(value).get("identity") for name, value in _object(config.get("settings")).items()}
    with wandb.init(**{"name": folder.resolve().name, "config": settings, **options}) as logged:
        for setting, rate in pass_rates(folder).items():
            logged.summary[f"{setting}/pass_rate"] = rate
        for name, frame in (("trials", trials(folder)), ("seats", seats(folder))):
            rows = frame.astype(object).where(frame.notna(), None).values.tolist()
            logged.log({name: wandb.Table(columns=list(frame.columns), data=rows, allow_mixed_types=True)})


class _Trial(NamedTuple):
    """A trial on disk. Its folder says what it is: the Python original writes little of it into the result."""

    folder: Path
    run: str
    setting: str
    repo: str
    task: int
    features: list[int]
    repetition: int
    result: dict[str, Any]
    seats: dict[str, dict[str, Any]]


TASK = re.compile(r"(?:task)?(\d+)")
PAIR = re.compile(r"(f\d+(?:_f\d+)*|features_\d+(?:_\d+)*)(?:@(\d+))?")
SEAT = re.compile(r"agent\d+|solo")


def _trials(run: Path) -> Iterator[_Trial]:
    """The trials of a run, by folder, in every layout: `<setting>/` may be missing above `<repo>/<task>/<pair>`."""
    if not run.is_dir():
        raise FileNotFoundError(f"{run} is not the folder of a run.")
    for top in _folders(run):
        below = _folders(top)
        has_tasks = any(TASK.fullmatch(folder.name) for folder in below)
        for repo in [top] if has_tasks else below:
            for task in _folders(repo):
                number = TASK.fullmatch(task.name)
                for folder in _folders(task) if number else []:
                    pair = PAIR.fullmatch(folder.name)
                    if number and pair:
                        setting = None if has_tasks else top.name
                        features = sorted(map(int, re.findall(r"\d+", pair[1])))
                        place = (repo.name, int(number[1]), features, int(pair[2] or 1))
                        yield from _trial_in(folder, run.resolve().name, setting, *place)


def _trial_in(
    folder: Path, run: str, setting: str | None, repo: str, task: int, features: list[int], repetition: int
) -> Iterator[_Trial]:
    """None while a process works on the trial. The oldest layout has a folder for each seat, and no result."""
    result = _read(folder / "result.json")
    names = [] if result is not None else [one.name for one in _folders(folder) if SEAT.fullmatch(one.name)]
    if result is None and not names:
        return
    result = result or {}
    is_solo = isinstance(result.get("agent"), dict) or len(names) == 1
    own = _seats(result)
    if names:
        own = {"solo": {}} if is_solo else {f"agent{index + 1}": {} for index in range(len(names))}
    setting = setting or result.get("setting") or ("solo" if is_solo else "coop")
    yield _Trial(folder, run, setting, repo, task, features, repetition, result, own)


def _folders(path: Path) -> list[Path]:
    return sorted(one for one in path.iterdir() if one.is_dir() and not one.is_symlink())


def _identity(trial: _Trial) -> dict[str, Any]:
    task = f"{trial.repo}/{trial.task}"
    return {
        "run": trial.run,
        "setting": trial.setting,
        "repo": trial.repo,
        "task": task,
        "pair": f"{task}/{'_'.join(f'f{feature}' for feature in trial.features)}",
        "repetition": trial.repetition,
    }


def _trial(trial: _Trial) -> dict[str, Any]:
    evaluation = _evaluation(trial.folder)
    own = list(trial.seats.values())
    verdict = _verdict(trial, evaluation)
    merge = _object((evaluation or {}).get("merge"))
    is_judged = verdict in ("passed", "failed")
    seconds = trial.result.get("duration_seconds")
    return {
        **_identity(trial),
        "agent": _each(_agent(trial, seat) for seat in own) or trial.result.get("agent_framework") or "",
        "model": _each(_model(trial, seat) for seat in own) or trial.result.get("model") or "",
        "verdict": verdict,
        "overall": (evaluation or {}).get("overall_success") if is_judged else None,
        "merge_status": (merge.get("status") or None) if is_judged else None,
        "merge_strategy": merge.get("strategy") if is_judged and merge.get("status") else None,
        "cost": _sum(_cost(seat) for seat in own),
        **{key: _sum(seat.get(key) for seat in own) for key in ("steps", "input_tokens", "output_tokens")},
        # Earlier releases wrote a negative duration when the clock of the machine jumped.
        "seconds": seconds if isinstance(seconds, (int, float)) and seconds >= 0 else None,
        "started_at": trial.result.get("started_at"),
    }


STATUSES = ("Completed", "LimitsExceeded", "Timeout", "Error", "Cancelled")


def _verdict(trial: _Trial, evaluation: dict[str, Any] | None) -> str:
    statuses = [seat.get("status") for seat in trial.seats.values()]
    is_ours = "schema_version" in trial.result
    if is_ours and (trial.result["schema_version"] != 1 or any(status not in STATUSES for status in statuses)):
        # Another release wrote it.
        return "error"
    if evaluation is not None:
        if evaluation.get("error"):
            return "error"
        return "passed" if evaluation["both_passed"] else "failed"
    # In the Python original, `Error` is any exception of the agent, whose patch counts.
    return "error" if is_ours and "Error" in statuses else "none"


def _evaluation(folder: Path) -> dict[str, Any] | None:
    evaluation = _read(folder / "eval.json")
    return evaluation if evaluation and isinstance(evaluation.get("both_passed"), bool) else None


def _agent(trial: _Trial, seat: dict[str, Any]) -> str | None:
    return seat.get("agent_framework") or trial.result.get("agent_framework")


def _model(trial: _Trial, seat: dict[str, Any]) -> str | None:
    """None: the agent uses no model."""
    return seat["model"] if "model" in seat else trial.result.get("model")


def _seats(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if isinstance(result.get("agents"), dict):
        return {name: _object(seat) for name, seat in result["agents"].items()}
    agent = result.get("agent")
    return {agent.get("id") or "solo": agent} if isinstance(agent, dict) else {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cost(seat: dict[str, Any]) -> float | None:
    return None if seat.get("cost_known") is False else seat.get("cost")


def _sum(values: Iterator[float | None]) -> float | None:
    """None when a part is not known, or there is none."""
    known = list(values)
    return None if not known or None in known else sum(known)


def _each(values: Iterator[str | None]) -> str:
    return " + ".join(dict.fromkeys(value for value in values if value))


def _read(path: Path) -> dict[str, Any] | None:
    """The object in a file. None: it is missing or has none."""
    value = _json(path)
    return value if isinstance(value, dict) else None


def _json(path: Path) -> Any:
    """None: it is missing or broken. A folder from somebody else may have a link or a pipe there."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        return None


def _conversation(path: Path) -> list[dict[str, Any]]:
    """In the order of the file, unless each message has a time. Some frameworks name no recipient."""
    value = _json(path)
    if isinstance(value, dict):
        value = value.get("messages")
    found = []
    for entry in value if isinstance(value, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("from"), str) and isinstance(entry.get("message"), str):
            keys = {"from": entry["from"], "to": entry.get("to") or "all", "text": entry["message"]}
            found.append({"time": _time(entry.get("timestamp")), **keys, "accepted_by": None})
    if all(message["time"] for message in found):
        found.sort(key=lambda message: message["time"])
    return found


def _time(value: Any) -> str | None:
    """Unix seconds or ISO 8601, in ISO 8601 and UTC."""
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, timezone.utc).isoformat()
        if not isinstance(value, str):
            return None
        time = pd.to_datetime(value, utc=True)
        return None if pd.isna(time) else time.isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _events(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return
    for line in path.read_text("utf-8", errors="replace").split("\n"):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event
