//! Profiles: `profile#<account>` in the table of accounts, beside the account and read by nobody who signs in.

use super::written;
use crate::domain::profile::Profile;
use crate::domain::user::AccountId;
use crate::store::item::{decode, encode, number, string};
use crate::store::remedy::refused;
use crate::store::retry::Refusal;
use crate::store::schema::{SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE, USER_ID};
use crate::store::{Store, StoreError};

fn profile_key(account: AccountId) -> String {
    format!("profile#{account}")
}

impl Store {
    /// What the holder of an account keeps with it; nothing where they never kept anything.
    pub async fn profile(&self, account: AccountId) -> Result<Profile, StoreError> {
        let what = format!("the profile of account {account}");
        let item = self.user_item(&profile_key(account)).await?;
        Ok(item.map(|item| decode(item, &what)).transpose()?.unwrap_or_default())
    }

    /// Writes a profile that was read at its `version`, and gives it as written, one version later.
    ///
    /// # Errors
    ///
    /// `Conflict` when it was written since: by somebody else, or by an earlier attempt of this very write.
    pub async fn save_profile(&self, account: AccountId, profile: &Profile) -> Result<Profile, StoreError> {
        let next = Profile { version: profile.version + 1, ..profile.clone() };
        let mut item = encode(&next);
        item.insert(USER_ID.to_owned(), string(profile_key(account)));
        let put = self.put_user(item);
        let put = if profile.version == 0 {
            put.condition_expression(format!("attribute_not_exists({USER_ID})"))
        } else {
            put.condition_expression(format!("#version = :read AND {SCHEMA_VERSION_ATTRIBUTE} <= :schema"))
                .expression_attribute_names("#version", "Version")
                .expression_attribute_values(":read", number(profile.version))
                .expression_attribute_values(":schema", number(SCHEMA_VERSION))
        };
        let Err(refusal) = self.transact(vec![written(put)]).await?.verdict else { return Ok(next) };
        match refusal.failed_condition() {
            Some(_) => Err(StoreError::Conflict { what: format!("the profile of account {account}") }),
            None => Err(refused(&refusal)),
        }
    }
}
