"""Describe exceptions of foreign code: by type and line, as their text may quote an event, or in one line."""

import re
import traceback
from pathlib import PurePath
from types import TracebackType


def where(error: BaseException) -> str:
    """Return an exception's type and the line that raised it, without its text: that may quote an event."""
    frame = error.__traceback__
    if frame is None:
        return type(error).__name__
    innermost = frame
    while (frame := frame.tb_next) is not None:
        # What a plugin passes to the core or to Python is at fault, rather than the line there that refuses it.
        if _is_plugins(frame) or not _is_plugins(innermost):
            innermost = frame
    code = innermost.tb_frame.f_code
    return f"{type(error).__name__} in {code.co_name}, {code.co_filename}:{innermost.tb_lineno}"


def _is_plugins(frame: TracebackType) -> bool:
    return may_be_of_plugin(frame.tb_frame.f_code.co_filename)


def may_be_of_plugin(file: str) -> bool:
    """Return whether a source file may be a plugin's: neither the core's nor that of a module of Python."""
    return not file.startswith((_CORE_FOLDER, "<")) and (
        "site-packages" in file or not file.startswith(_PYTHON_FOLDER)
    )


_CORE_FOLDER = str(PurePath(__file__).parent)
_PYTHON_FOLDER = str(PurePath(traceback.__file__).parent)


def exception_text(error: BaseException) -> str:
    """Return an exception's type and text in one line of at most 300 characters, whatever its author made of it.

    >>> exception_text(ValueError("one  two")), exception_text(SystemExit())
    ('ValueError: one two', 'SystemExit')
    """
    try:
        text = " ".join(str(error).split()).encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001  its own method may raise anything
        text = ""
    shortened = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return f"{type(error).__name__}: {shortened}" if text else type(error).__name__


_LONGEST_TEXT = 300  # characters


def source_line(error: BaseException, file: str = "") -> str:
    """Return the file and line of a plugin that raised an exception, to end a message, or "".

    Lines of the import system are passed over; a syntax error's text names its line already.

    :param file: the plugin's own file: what it has called raised the exception, but the line there is what helps.

    >>> source_line(ValueError("never raised"))
    ''
    """
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not _MACHINERY.search(frame.filename)
    ]
    if isinstance(error, SyntaxError) or not frames:
        return ""
    frame = [frame for frame in frames if frame.filename == file][-1:] or frames[-1:]
    return f" ({PurePath(frame[0].filename).name}, line {frame[0].lineno})"


_MACHINERY = re.compile(r"^<frozen importlib|\bimportlib\b|\bcapi_actions[/\\]plugins\b")
