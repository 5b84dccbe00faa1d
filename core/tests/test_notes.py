"""What was left out or assumed is counted for those who ask, in their thread only, and with bounds."""

from collections import Counter
from threading import Thread

from capi_actions import note_dropped, note_uncertain
from capi_actions.notes import Notes, collect_notes


def test_only_what_happens_inside_counts() -> None:
    """And an inner collector takes the notes from the outer one."""
    outer, inner = Notes(), Notes()
    note_dropped("$.before", "x")
    with collect_notes(outer):
        with collect_notes(inner):
            note_dropped("$.a", "x")
        note_uncertain("$.b", "y")
        note_uncertain("$.b", "y")
    note_uncertain("$.after", "y")

    assert inner == Notes(dropped=Counter({("$.a", "x"): 1}))
    assert outer == Notes(uncertain=Counter({("$.b", "y"): 2}))


def test_another_thread_s_notes_are_its_own() -> None:
    """Several threads send at the same time."""
    notes = Notes()
    with collect_notes(notes):
        other = Thread(target=note_dropped, args=("$.a", "x"))
        other.start()
        other.join()

    assert notes == Notes()


def test_the_number_of_findings_is_bounded() -> None:
    """A path may have a name of the sender's in it."""
    notes = Notes()
    with collect_notes(notes):
        for number in range(1_200):
            note_dropped(f"$.custom_data.key{number}", "x")

    assert len(notes.dropped) == 1_001
    assert notes.dropped["others", ""] == 200
