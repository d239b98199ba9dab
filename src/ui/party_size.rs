//! How many may travel on one booking here, and what is said where they are more. The services decide; this says it before
//! anything is asked.

use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::user::Role;
use crate::service::request::Failure;
use crate::ui::context::World;

impl World {
    /// Whether whoever is signed in books groups. Fingers at a public console choose no such numbers.
    pub fn books_groups(&self) -> bool {
        self.role() >= Some(Role::Supervisor) && !self.is_public()
    }

    /// The largest party that can be booked here; in any class where none is given.
    pub fn largest_party(&self, class: Option<Class>, quota: Quota) -> u8 {
        let rules = self.booking_rules();
        match class {
            _ if !self.books_groups() => rules.max_party,
            Some(class) => rules.largest(class, quota),
            None => rules.largest_in_any(quota),
        }
    }

    /// Why so many cannot be booked here; nothing when they can.
    pub fn too_many(&self, people: usize, class: Option<Class>, quota: Quota) -> Option<Failure> {
        let rules = self.booking_rules();
        let max = self.largest_party(class, quota);
        if people <= usize::from(max) {
            return None;
        }
        let of_group = class.map_or_else(|| rules.largest_in_any(quota), |class| rules.largest(class, quota));
        let by_others = !self.books_groups() && !self.is_public() && people <= usize::from(of_group);
        Some(if by_others { Failure::GroupNeeds { max, needs: Role::Supervisor } } else { Failure::PartySize { max } })
    }
}
