"""The habit: in which hours a car is usually in use."""

from datetime import UTC, datetime

import pytest

from custom_components.smartcar.budget import Activity, Habit, Situation

from .ledgers import DAY, HOUR, MINUTE, NOW

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
SATURDAY = MONDAY + 5 * DAY
UNKNOWN = Habit().likelihood(MONDAY)


def drive(habit: Habit, now: datetime) -> None:
    """Let a report at that time show the car driving, as the one before did."""
    driving = Situation(activity=Activity.DRIVING, reported_at=now)
    habit.learned_to = None
    habit.learn(driving, driving, now, news=True)


@pytest.mark.parametrize(
    ("day", "same_kind", "other_kind"),
    [(MONDAY, MONDAY + 4 * DAY, SATURDAY), (SATURDAY, SATURDAY + DAY, MONDAY)],
)
def test_weekdays_and_weekends_are_learned_apart(
    day: datetime, same_kind: datetime, other_kind: datetime
) -> None:
    habit = Habit()
    drive(habit, day + 8 * HOUR)
    assert habit.likelihood(same_kind + 8 * HOUR) > UNKNOWN
    assert habit.likelihood(other_kind + 8 * HOUR) == UNKNOWN
    assert habit.likelihood(day + 9 * HOUR) == UNKNOWN


def test_hours_of_usual_use_begin_at_the_first_one() -> None:
    habit = Habit()
    for day in range(4):
        drive(habit, MONDAY + day * DAY + 8 * HOUR)
        drive(habit, MONDAY + day * DAY + 9 * HOUR)
    friday = MONDAY + 4 * DAY
    assert [hour for hour in range(24) if habit.begins(friday + hour * HOUR)] == [8]
    assert habit.has_begun(friday + 7 * HOUR, friday + 8 * HOUR)
    assert not habit.has_begun(friday + 8 * HOUR, friday + 12 * HOUR)
    assert habit.speed(friday + 8 * HOUR) > 2 * habit.speed(friday + 7 * HOUR)


def test_hours_without_use_become_less_likely() -> None:
    habit = Habit()
    asleep = Situation(reported_at=NOW)
    habit.learn(asleep, asleep, NOW, news=False)
    habit.learn(asleep, asleep, NOW + 3 * HOUR, news=False)
    assert habit.likelihood(NOW + HOUR) < UNKNOWN
    assert habit.likelihood(NOW + 2 * HOUR) < UNKNOWN
    # The present hour may still see a use.
    assert habit.likelihood(NOW + 3 * HOUR) == UNKNOWN


def test_report_of_use_without_news_teaches_nothing() -> None:
    habit = Habit()
    driving = Situation(activity=Activity.DRIVING, reported_at=NOW)
    habit.learn(driving, driving, NOW + 10 * MINUTE, news=False)
    assert habit.as_json() == Habit().as_json()
    assert habit.learned_to is None


def test_stored_habit_is_read_as_it_was() -> None:
    habit = Habit()
    drive(habit, MONDAY + 8 * HOUR)
    again = Habit.from_json(habit.as_json(), habit.learned_to)
    assert again.as_json() == habit.as_json()
    assert again.learned_to == habit.learned_to == MONDAY + 9 * HOUR
