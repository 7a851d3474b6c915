//! The errors of Key Vault in its own words, shapes and status codes (learn.microsoft.com, `key-vault/general/rest-error-codes`).

use serde_json::json;

use super::Denied;
use crate::exchange::Answer;
use crate::token::issuer;

fn error(status: u16, code: &str, message: &str, inner: Option<&str>) -> Answer {
    let mut error = json!({ "code": code, "message": message });
    if let Some(inner) = inner {
        error["innererror"] = json!({ "code": inner });
    }
    Answer::json(status, &json!({ "error": error }))
}

pub(super) fn unauthorized(message: &str) -> Answer {
    error(401, "Unauthorized", message, None)
}

pub(super) fn bad_parameter(message: &str) -> Answer {
    error(400, "BadParameter", message, None)
}

pub(super) fn method_not_allowed() -> Answer {
    let message = "The requested HTTP method is not allowed here.";
    error(405, "MethodNotAllowed", message, None)
}

pub(super) fn not_found(name: &str, version: &str) -> Answer {
    let slash = if version.is_empty() { "" } else { "/" };
    let message = format!(
        "A secret with (name/id) {name}{slash}{version} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    error(404, "SecretNotFound", &message, None)
}

pub(super) fn deleted_not_found(name: &str) -> Answer {
    let message = format!("Deleted Secret not found: {name}");
    error(404, "SecretNotFound", &message, None)
}

pub(super) fn disabled(operation: &str) -> Answer {
    let message = format!("Operation {operation} is not allowed on a disabled secret.");
    error(403, "Forbidden", &message, Some("SecretDisabled"))
}

pub(super) fn recoverable(name: &str) -> Answer {
    let message = format!(
        "Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."
    );
    error(
        409,
        "Conflict",
        &message,
        Some("ObjectIsDeletedButRecoverable"),
    )
}

/// Who was refused, as Key Vault writes it.
pub(super) struct Caller {
    pub(super) client_id: String,
    pub(super) object_id: String,
    pub(super) tenant: String,
}

pub(super) fn denied(denied: Denied, caller: &Caller, vault: &str, verb: &str) -> Answer {
    let Caller {
        client_id,
        object_id,
        tenant,
    } = caller;
    let issuer = issuer(tenant, vault);
    let caller = format!("appid={client_id};oid={object_id};iss={issuer}");
    let name = vault.split('.').next().unwrap_or_default();
    let (message, code) = match denied {
        Denied::ByPolicy => (
            format!(
                "The user, group or application '{caller}' does not have secrets {verb} permission on key vault '{name};location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
            ),
            "ForbiddenByPolicy",
        ),
        Denied::ByRbac => (
            format!(
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\nAction: 'Microsoft.KeyVault/vaults/secrets/{verb}Secret/action'\r\nResource: '/subscriptions/2f6c1a90-7d3e-4b85-a4f1-c8e05b9d7263/resourcegroups/shop/providers/microsoft.keyvault/vaults/{name}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nVault: {name};location=westeurope"
            ),
            "ForbiddenByRbac",
        ),
        Denied::ByFirewall => (
            format!(
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nCaller: {caller}\r\nVault: {name};location=westeurope"
            ),
            "ForbiddenByFirewall",
        ),
    };
    error(403, "Forbidden", &message, Some(code))
}
