//! The records that match a filter, by position, so that a part of a long list costs no more than its own rows.

use std::collections::VecDeque;

use super::Record;
use super::filter::Filter;

/// Where a part of a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At a position, counted from 0 over all matching records, also those that were evicted.
    Position(u64),
    /// At the first record with this number or a higher one.
    Number(u64),
    /// So that it ends with the last record.
    End,
}

/// A part of a list. Positions stay the same when old records are evicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The position of the first record that is kept.
    pub(crate) first: u64,
    /// The position after the last record.
    pub(crate) end: u64,
    /// The position of the first record of this part.
    pub(crate) from: u64,
    pub(crate) records: Vec<Record>,
}

/// The indexes that were used last.
#[derive(Default)]
pub(super) struct Indexes(Vec<Index>);

/// The numbers of the records that match a filter.
struct Index {
    filter: Filter,
    numbers: VecDeque<u64>,
    /// How many matching records were evicted.
    evicted: u64,
    /// The number of the last record that was compared with the filter.
    examined: u64,
}

impl Indexes {
    /// Returns a part of the records, which have the numbers from `first_number`.
    pub(super) fn part(
        &mut self,
        records: &VecDeque<Record>,
        first_number: u64,
        filter: &Filter,
        place: Place,
        count: usize,
    ) -> Part {
        let at = |number: u64| records.get(index_of(number.saturating_sub(first_number)));
        if *filter == Filter::default() {
            let (first, end) = (first_number - 1, first_number - 1 + length(records));
            let from = place.position(first, end, count, |number| number.saturating_sub(1));
            let records = (from..end).take(count).filter_map(|position| at(position + 1)).cloned().collect();
            return Part { first, end, from, records };
        }
        let index = self.of(filter);
        index.update(records, first_number);
        let (first, end) = (index.evicted, index.evicted + length(&index.numbers));
        let by_number = |number: u64| {
            let before = index.numbers.partition_point(|known| *known < number);
            first + u64::try_from(before).unwrap_or(u64::MAX)
        };
        let from = place.position(first, end, count, by_number);
        let numbers = index.numbers.iter().skip(index_of(from - first)).take(count);
        Part { first, end, from, records: numbers.filter_map(|number| at(*number)).cloned().collect() }
    }

    fn of(&mut self, filter: &Filter) -> &mut Index {
        let index = match self.0.iter().position(|index| index.filter == *filter) {
            Some(place) => self.0.remove(place),
            None => Index { filter: filter.clone(), numbers: VecDeque::new(), evicted: 0, examined: 0 },
        };
        if self.0.len() == MOST_INDEXES {
            self.0.remove(0);
        }
        self.0.push(index);
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

impl Index {
    /// Looks at the records that are new, and forgets those that were evicted.
    fn update(&mut self, records: &VecDeque<Record>, first_number: u64) {
        while self.numbers.front().is_some_and(|number| *number < first_number) {
            self.numbers.pop_front();
            self.evicted += 1;
        }
        let new = index_of((self.examined + 1).saturating_sub(first_number)).min(records.len());
        let new = records.range(new..);
        self.numbers.extend(new.filter(|record| self.filter.matches(record)).map(|record| record.number));
        self.examined = records.back().map_or(self.examined, |record| record.number);
    }
}

impl Place {
    /// Returns the position, between the first one and the end.
    fn position(self, first: u64, end: u64, count: usize, by_number: impl FnOnce(u64) -> u64) -> u64 {
        let position = match self {
            Self::Position(position) => position,
            Self::Number(number) => by_number(number),
            Self::End => end.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX)),
        };
        position.clamp(first, end)
    }
}

fn length<T>(list: &VecDeque<T>) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

fn index_of(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// An inspector shows few filters at a time, and each index takes up to 800 kB.
const MOST_INDEXES: usize = 4;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{Indexes, Place};
    use crate::record::filter::Filter;
    use crate::record::{Record, RecordKind};

    /// Returns records with these numbers. Every third one is a note about an order.
    fn records(numbers: std::ops::RangeInclusive<u64>) -> VecDeque<Record> {
        let record = |number| {
            let reference = if number % 3 == 0 { Some("order-1") } else { None };
            Record { number, ..Record::new(RecordKind::Note, "").about(reference) }
        };
        numbers.map(record).collect()
    }

    /// Returns the first position, the position after the last one, the part's position, and the part's numbers.
    fn part(
        indexes: &mut Indexes,
        records: &VecDeque<Record>,
        order: Option<&str>,
        place: Place,
    ) -> (u64, u64, u64, Vec<u64>) {
        let filter = Filter { order: order.map(str::to_owned), ..Filter::default() };
        let part = indexes.part(records, records[0].number, &filter, place, 2);
        (part.first, part.end, part.from, part.records.iter().map(|record| record.number).collect())
    }

    #[test]
    fn positions_of_all_records_follow_from_their_numbers() {
        let (indexes, records) = (&mut Indexes::default(), records(11..=20));
        assert_eq!(part(indexes, &records, None, Place::End), (10, 20, 18, vec![19, 20]));
        assert_eq!(part(indexes, &records, None, Place::Position(14)), (10, 20, 14, vec![15, 16]));
        assert_eq!(part(indexes, &records, None, Place::Position(0)), (10, 20, 10, vec![11, 12]));
        assert_eq!(part(indexes, &records, None, Place::Position(99)), (10, 20, 20, vec![]));
        assert_eq!(part(indexes, &records, None, Place::Number(20)), (10, 20, 19, vec![20]));
        assert!(indexes.0.is_empty(), "no index is needed");
    }

    #[test]
    fn positions_of_matching_records_stay_the_same_when_records_come_and_go() {
        let indexes = &mut Indexes::default();
        let order = Some("order-1");
        assert_eq!(part(indexes, &records(1..=10), order, Place::End), (0, 3, 1, vec![6, 9]));
        assert_eq!(part(indexes, &records(5..=12), order, Place::End), (1, 4, 2, vec![9, 12]));
        assert_eq!(part(indexes, &records(5..=12), order, Place::Position(0)), (1, 4, 1, vec![6, 9]));
        assert_eq!(part(indexes, &records(5..=12), order, Place::Number(7)), (1, 4, 2, vec![9, 12]));
        // Every record that was known is gone, and some came and went between.
        assert_eq!(part(indexes, &records(40..=48), order, Place::End), (4, 7, 5, vec![45, 48]));
        assert_eq!(part(indexes, &records(40..=48), Some("order-2"), Place::End), (0, 0, 0, vec![]));
    }

    #[test]
    fn few_indexes_are_kept() {
        let (indexes, records) = (&mut Indexes::default(), records(1..=10));
        for order in ["a", "b", "order-1", "c", "d", "order-1", "e", "f", "g"] {
            part(indexes, &records, Some(order), Place::End);
        }
        let orders: Vec<_> = indexes.0.iter().map(|index| index.filter.order.clone().unwrap()).collect();
        assert_eq!(orders, ["order-1", "e", "f", "g"]);
    }
}
