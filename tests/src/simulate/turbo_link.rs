//! tur.bo: payment links, created in the dashboard and listed through the API.

use turbo_link::{LinkId, LinkStatus, ListLinks};

use super::day::Day;
use super::records::AttemptState;

impl Day {
    pub(super) fn continue_link(&mut self, index: usize) {
        let reference = self.records.attempts[index].reference.clone();
        let client = self.process.turbo_link.clone();
        let call = async { client.list_links(ListLinks::new()).send().await };
        let Some(list) = self.read("list_links for", &reference, call) else { return };
        let Ok(id) = reference.parse::<LinkId>() else { return };
        let Ok(found) = list.find(&id) else {
            return self.report_violation(format!("link {reference} cannot be read"));
        };
        let Some(link) = found else {
            if list.not_shown() == 0 {
                self.report_violation(format!("link {reference} is not in a complete list"));
            }
            return;
        };
        let amount = self.records.attempts[index].amount;
        if link.amount() != Ok(amount) {
            return self.report_violation(format!("link {reference} has the amount {:?}", link.amount()));
        }
        match link.status {
            LinkStatus::Completed => self.set_state(index, AttemptState::Paid(amount)),
            LinkStatus::Refunded => self.set_state(index, AttemptState::Failed),
            LinkStatus::Pending => self.set_state(index, AttemptState::Open),
            _ => self.set_state(index, AttemptState::Unknown),
        }
    }

    pub(super) fn link_event(&mut self, index: usize) {
        let reference = self.records.attempts[index].reference.clone();
        let link = self.offline.turbo_link().link(&reference);
        match link.status().as_deref() {
            Some("pending") if self.random.percent(60) => link.complete(),
            Some("completed") if self.random.percent(20) => link.refund(),
            _ => return,
        }
        self.log(format_args!("link {reference} becomes {}", link.status().unwrap_or_default()));
    }
}
