//! Who the gateway is to Entra ID, from the config and the environment.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::errors::Check;
use crate::config::model::credential::{Azure as Written, AzureManaged, AzureWorkload};
use crate::config::node::Path;
use crate::config::validate::Outside;
use crate::translate::Dialect;
use crate::upstream::azure::{App, Azure, Way};
use crate::upstream::{Credential, Kept};

use super::credential::{Subject, secret};

/// Azure's clouds: how the hosts in them end, where applications are known, and what tokens for its AI services are for.
const CLOUDS: [(&str, &str, &str); 3] = [
    (".azure.us", "https://login.microsoftonline.us", "https://cognitiveservices.azure.us"),
    (".azure.cn", "https://login.chinacloudapi.cn", "https://cognitiveservices.azure.cn"),
    ("", "https://login.microsoftonline.com", "https://cognitiveservices.azure.com"),
];

/// Where a virtual machine says who it is.
const MACHINE: &str = "http://169.254.169.254";

pub(super) fn credential(
    check: &mut Check<'_>,
    path: &Path<'_>,
    subject: Subject<'_>,
    written: &Written,
    outside: &mut Outside<'_>,
) -> Option<Credential> {
    let fits = matches!(subject.dialect, Dialect::Azure | Dialect::OpenAi | Dialect::Anthropic);
    check.require(fits, path, "is for what Azure hosts: the dialects `azure`, `openai` and `anthropic`");
    let host = subject.endpoint.map_or("", |endpoint| &*endpoint.host);
    let cloud = CLOUDS.iter().find(|(ending, ..)| host.ends_with(ending));
    let (_, authority, resource) = *cloud.or(CLOUDS.last())?;
    let mut reading = Reading { check, outside, authority };
    let identity = reading.way(path, written)?;
    let azure = Azure { resource: resource.to_owned(), identity };
    let kept = Kept::new("azure", subject.name, azure.identity(), Box::new(azure));
    Some(Credential::Kept(reading.outside.shelf.keep(kept)))
}

struct Reading<'a, 'c, 'o> {
    check: &'a mut Check<'c>,
    outside: &'a mut Outside<'o>,
    authority: &'static str,
}

impl Reading<'_, '_, '_> {
    fn way(&mut self, path: &Path<'_>, written: &Written) -> Option<Way> {
        match written {
            Written::Default => self.default(path),
            Written::ClientSecret(client) => {
                let path = path.field("client_secret");
                let secret = secret(self.check, &path.field("client_secret"), &client.client_secret, self.outside);
                let app = self.app(&path, Some(&client.tenant_id), Some(&client.client_id));
                Some(Way::ClientSecret { app: app?, secret: secret? })
            }
            Written::WorkloadIdentity(workload) => self.workload(&path.field("workload_identity"), workload),
            Written::ManagedIdentity(AzureManaged { client_id }) => Some(self.managed(client_id.clone())),
        }
    }

    /// As the environment says, in the order of Azure's own tools.
    fn default(&mut self, path: &Path<'_>) -> Option<Way> {
        if let Some(secret) = self.variable("AZURE_CLIENT_SECRET") {
            return Some(Way::ClientSecret { app: self.app(path, None, None)?, secret: SecretString::from(secret) });
        }
        if self.variable("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            return self.workload(path, &AzureWorkload::default());
        }
        let client_id = self.variable("AZURE_CLIENT_ID");
        Some(self.managed(client_id))
    }

    fn workload(&mut self, path: &Path<'_>, written: &AzureWorkload) -> Option<Way> {
        let named = written.token_file.as_ref().map(|file| self.outside.directory.join(file));
        let token_file = named.or_else(|| self.variable("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from));
        if token_file.is_none() {
            let message = "has no `token_file`, and AZURE_FEDERATED_TOKEN_FILE is not set: give one of them";
            self.check.error(path, message);
        }
        let app = self.app(path, written.tenant_id.as_deref(), written.client_id.as_deref());
        Some(Way::WorkloadIdentity { app: app?, token_file: token_file? })
    }

    /// App Service says in the environment where it can be asked; a virtual machine is asked where all are.
    fn managed(&mut self, client_id: Option<String>) -> Way {
        match (self.variable("IDENTITY_ENDPOINT"), self.variable("IDENTITY_HEADER")) {
            (Some(endpoint), Some(header)) => Way::AppService { endpoint, header: header.into(), client_id },
            _ => {
                let host = self.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                Way::Machine { host: host.unwrap_or_else(|| MACHINE.to_owned()), client_id }
            }
        }
    }

    fn app(&mut self, path: &Path<'_>, tenant_id: Option<&str>, client_id: Option<&str>) -> Option<App> {
        let tenant_id = self.given(path, "tenant_id", "AZURE_TENANT_ID", tenant_id);
        let client_id = self.given(path, "client_id", "AZURE_CLIENT_ID", client_id);
        let authority = self.variable("AZURE_AUTHORITY_HOST").map_or_else(
            || self.authority.to_owned(),
            |host| if host.contains("://") { host } else { format!("https://{host}") },
        );
        Some(App { authority, tenant_id: tenant_id?, client_id: client_id? })
    }

    /// An id from the config, or from the environment. It becomes a part of a URL.
    fn given(&mut self, path: &Path<'_>, field: &str, variable: &str, written: Option<&str>) -> Option<String> {
        let Some(id) = written.map(str::to_owned).or_else(|| self.variable(variable)) else {
            self.check.error(&path.field(field), format!("is missing, and {variable} is not set: give one of them"));
            return None;
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let fits = (1..=128).contains(&id.len()) && id.bytes().all(plain);
        self.check.require(fits, &path.field(field), "must be an id of Entra ID: letters, digits, `-`, `.` and `_`");
        fits.then_some(id)
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.outside.environment)(name).filter(|value| !value.is_empty())
    }
}
