//! tur.bo: links that are made in the dashboard and listed here.

use turbo_link::{LinkId, LinkStatus, ListLinks};

use super::books::Standing;
use super::day::Day;

impl Day {
    pub(super) fn attend_to_link(&mut self, index: usize) {
        let reference = self.books.tries[index].reference.clone();
        let client = self.shop.turbo_link.clone();
        let listing = async { client.list_links(ListLinks::new()).send().await };
        let Some(list) = self.ask("list, for", &reference, listing) else { return };
        let Ok(id) = reference.parse::<LinkId>() else { return };
        let Some(link) = list.find(&id) else {
            if list.not_shown() == 0 {
                self.violated(format!("link {reference} is in no list"));
            }
            return;
        };
        if link.amount != self.books.tries[index].asked {
            return self.violated(format!("link {reference} is over {}", link.amount));
        }
        match link.status {
            LinkStatus::Completed => self.believe(index, Standing::Paid(link.amount)),
            LinkStatus::Refunded => self.believe(index, Standing::Failed),
            LinkStatus::Pending => self.believe(index, Standing::Open),
            _ => self.believe(index, Standing::Unknown),
        }
    }

    pub(super) fn act_on_link(&mut self, index: usize) {
        let reference = self.books.tries[index].reference.clone();
        let link = self.offline.turbo_link().link(&reference);
        match link.status().as_deref() {
            Some("pending") if self.dice.percent(60) => link.complete(),
            Some("completed") if self.dice.percent(20) => link.refund(),
            _ => return,
        }
        self.say(format_args!("link {reference} is {}", link.status().unwrap_or_default()));
    }
}
