//! Days and months of the calendar, in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::model::Calendar;

/// A day or a month: when it begins and when it ends, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) begins: i64,
    pub(super) ends: i64,
}

const DAY: i64 = 86_400 * 1_000_000;

impl Period {
    /// The day or the month that a time is in.
    pub(super) fn of(calendar: Calendar, wall: i64) -> Self {
        match calendar {
            Calendar::Day => day(wall),
            Calendar::Month => month(wall).unwrap_or_else(|| day(wall)),
        }
    }
}

fn day(wall: i64) -> Period {
    let begins = wall - wall.rem_euclid(DAY);
    Period { begins, ends: begins.saturating_add(DAY) }
}

/// `None` beyond the calendar's end, in the year 9999.
fn month(wall: i64) -> Option<Period> {
    let date = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(wall).ok()?).date();
    let begins = date.first_of_month();
    let ends = date.last_of_month().tomorrow().ok()?;
    Some(Period { begins: midnight(begins)?, ends: midnight(ends)? })
}

fn midnight(date: Date) -> Option<i64> {
    Some(TimeZone::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(calendar: Calendar, time: &str) -> [String; 2] {
        let period = Period::of(calendar, time.parse::<Timestamp>().unwrap().as_microsecond());
        [period.begins, period.ends].map(|time| Timestamp::from_microsecond(time).unwrap().to_string())
    }

    #[test]
    fn days_and_months_begin_at_midnight_in_utc() {
        assert_eq!(told(Calendar::Day, "2026-11-29T23:59:59.999999Z"), ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]);
        assert_eq!(told(Calendar::Day, "2026-11-30T00:00:00Z"), ["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"]);
        assert_eq!(told(Calendar::Month, "2028-02-29T12:00:00Z"), ["2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"]);
        assert_eq!(told(Calendar::Month, "2026-12-31T23:59:59Z"), ["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]);
    }

    proptest! {
        #[test]
        fn every_time_is_in_its_period_and_the_next_begins_where_it_ends(wall in 0_i64..250_000_000_000_000_000) {
            for calendar in [Calendar::Day, Calendar::Month] {
                let period = Period::of(calendar, wall);
                prop_assert!(period.begins <= wall && wall < period.ends);
                prop_assert_eq!(Period::of(calendar, period.ends).begins, period.ends);
                prop_assert_eq!(Period::of(calendar, period.begins), period);
            }
        }
    }
}
