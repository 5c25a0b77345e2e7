"""Reads the folder of a run of CooperBench into pandas frames. Reads files and writes none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["messages", "seats", "trials"]

# A larger file is no record of a run.
MOST_BYTES = 256 * 1024 * 1024


def trials(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each trial. Costs are in US dollars, times in seconds; what the files do not say is missing."""
    return pd.DataFrame([_trial(*one) for one in _results(Path(run))])


def seats(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each seat of each trial."""
    rows = []
    for folder, result in _results(Path(run)):
        evaluation = _read(folder / "eval.json") or {}
        alone = _object(evaluation.get("individual"))
        for name, seat in _seats(result).items():
            rows.append(
                {
                    **_identity(result),
                    "seat": name,
                    "agent": seat.get("agent_framework"),
                    "model": seat.get("model"),
                    "status": seat.get("status"),
                    "cost": _cost(seat),
                    **{key: seat.get(key) for key in ("steps", "input_tokens", "output_tokens", "patch_lines")},
                    "passes_alone": _object(alone.get(name)).get("success"),
                }
            )
    return pd.DataFrame(rows)


def messages(run: str | os.PathLike[str]) -> pd.DataFrame:
    """A row for each message between seats, in the order of sending. `accepted_by` is empty when it was refused."""
    rows = []
    for folder, result in _results(Path(run)):
        for event in _events(folder / "events.jsonl"):
            if event.get("type") == "message":
                keys = ("time", "from", "to", "text", "accepted_by")
                rows.append({**_identity(result), **{key: event.get(key) for key in keys}})
    frame = pd.DataFrame(rows)
    if "time" in frame:
        frame["time"] = pd.to_datetime(frame["time"], format="ISO8601", utc=True)
    return frame


def _results(run: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The trials of a run, by folder. A trial that a process works on has no result yet."""
    if not run.is_dir():
        raise FileNotFoundError(f"{run} is not the folder of a run.")
    for path in sorted(run.rglob("result.json")):
        folder = path.parent
        if any(part.endswith((".running", ".old")) for part in folder.relative_to(run).parts):
            continue
        result = _read(path)
        if result is not None:
            yield folder, result


def _identity(result: dict[str, Any]) -> dict[str, Any]:
    features = "_".join(f"f{feature}" for feature in result.get("features") or [])
    return {
        "run": result.get("run_name"),
        "setting": result.get("setting"),
        "repo": result.get("repo"),
        "task": f"{result.get('repo')}/{result.get('task_id')}",
        "pair": f"{result.get('repo')}/{result.get('task_id')}/{features}",
        "repetition": result.get("repetition", 1),
    }


def _trial(folder: Path, result: dict[str, Any]) -> dict[str, Any]:
    evaluation = _read(folder / "eval.json")
    own = list(_seats(result).values())
    verdict = _verdict(evaluation, own)
    merge = _object((evaluation or {}).get("merge"))
    is_judged = verdict in ("passed", "failed")
    return {
        **_identity(result),
        "agent": _each(seat.get("agent_framework") for seat in own),
        "model": _each(seat.get("model") for seat in own),
        "verdict": verdict,
        "overall": (evaluation or {}).get("overall_success") if is_judged else None,
        "merge_status": merge.get("status") if is_judged else None,
        "merge_strategy": merge.get("strategy") if is_judged else None,
        "cost": _sum(_cost(seat) for seat in own),
        **{key: _sum(seat.get(key) for seat in own) for key in ("steps", "input_tokens", "output_tokens")},
        "seconds": result.get("duration_seconds"),
        "started_at": result.get("started_at"),
    }


def _verdict(evaluation: dict[str, Any] | None, own: list[dict[str, Any]]) -> str:
    if evaluation is not None:
        if evaluation.get("error"):
            return "error"
        return "passed" if evaluation.get("both_passed") is True else "failed"
    return "error" if any(seat.get("status") == "Error" for seat in own) else "none"


def _seats(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if isinstance(result.get("agents"), dict):
        return {name: _object(seat) for name, seat in result["agents"].items()}
    agent = result.get("agent")
    return {agent.get("id", "solo"): agent} if isinstance(agent, dict) else {}


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
    """The object in a file. None: it is missing or has none. A folder from somebody else may have a link or a pipe there."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


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
