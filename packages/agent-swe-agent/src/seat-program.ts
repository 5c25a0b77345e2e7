/**
 * The Python at the start of each program in the sandbox. The host writes JSON lines: first the settings, which become `seat`,
 * then the notes of other seats, which are strings. The program answers with JSON objects.
 */
export const seatProgram: string = String.raw`
import json, os, queue, sys, threading

# Keeps the host's standard streams for the protocol. Commands and libraries get others.
_lines = os.fdopen(os.dup(0), encoding="utf-8")
_events = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
seat = json.loads(_lines.readline())
_notes = queue.SimpleQueue()
_first = []


def _read():
    for line in _lines:
        _notes.put(json.loads(line))
    _notes.put(None)


threading.Thread(target=_read, daemon=True).start()


def emit(**event):
    _events.write(json.dumps(event, default=str) + "\n")
    _events.flush()


def arrived():
    """The notes that have come since the last call."""
    notes = list(_first)
    _first.clear()
    while not _notes.empty():
        note = _notes.get()
        if note is None:
            _notes.put(None)
            break
        notes.append(note)
    return notes


def wait_for_note():
    """Reports that the work is done, and waits. True: a note came, which the next arrived() returns. False: the seat is over."""
    if _notes.empty():
        emit(type="finished")
    note = _notes.get()
    if note is None:
        return False
    _first.append(note)
    return True
`;
