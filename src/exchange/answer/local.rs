//! Answers that Envoy made by itself, because no provider gave one.

use crate::exchange::attempts::End;
use crate::rejection::{Kind, Rejection};

/// What Envoy's response code details mean for the client.
pub(super) fn envoys_reason(status: u16, details: &str, request_bytes: usize) -> Rejection {
    let (kind, message) = match details {
        "request_payload_too_large" => (Kind::TooLarge, format!("the request body is larger than {request_bytes} bytes")),
        "upstream_response_timeout" | "upstream_per_try_timeout" | "upstream_per_try_idle_timeout" | "response_timeout" => {
            (Kind::Timeout, "no provider began to answer in time; try again, or ask for a shorter answer".to_owned())
        }
        _ if details.starts_with("upstream_reset") || details.starts_with("no_healthy_upstream") => {
            (Kind::Unreachable, "no provider of this model could be reached; try again shortly".to_owned())
        }
        "request_rate_limited" => {
            (Kind::RateLimited, "a limit of the gateway's rate limit service is reached; try again later".to_owned())
        }
        "rate_limiter_error" => {
            (Kind::LimitsAway, "the gateway's rate limit service does not answer; try again shortly".to_owned())
        }
        "cluster_not_found" | "route_not_found" => {
            (Kind::Internal, "the gateway's Envoy does not know the provider that was chosen".to_owned())
        }
        _ if status == 408 => (Kind::RequestTimeout, "the request did not arrive in time".to_owned()),
        _ if status == 504 => (Kind::Timeout, "no provider answered in time; try again".to_owned()),
        _ if (400..500).contains(&status) => {
            (Kind::InvalidRequest, format!("the gateway could not read the request ({details})"))
        }
        _ => (Kind::Unreachable, format!("no provider answered ({details}); try again shortly")),
    };
    Rejection::new(kind, message)
}

/// How the last attempt ended, by the same details.
pub(super) fn envoys_end(details: &str) -> End {
    match details {
        "request_rate_limited" | "rate_limiter_error" => End::NotSent,
        _ if details.contains("connection_failure") => End::Connect,
        _ if details.contains("timeout") => End::Timeout,
        _ if details.starts_with("upstream_reset") => End::Reset,
        _ => End::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_told_by_its_cause() {
        assert_eq!(
            envoys_end(
                "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"
            ),
            End::Connect
        );
        assert_eq!(envoys_end("upstream_reset_before_response_started{connection_termination}"), End::Reset);
        assert_eq!(envoys_end("upstream_per_try_timeout"), End::Timeout);
        assert_eq!(envoys_end("no_healthy_upstream"), End::NoAnswer);
        assert_eq!(envoys_end("request_rate_limited"), End::NotSent);
    }

    #[test]
    fn envoys_own_answers_have_the_status_that_tells_whose_fault_it_was() {
        let kind = |status, details| envoys_reason(status, details, 1).kind;
        assert_eq!(kind(413, "request_payload_too_large"), Kind::TooLarge);
        assert_eq!(kind(504, "upstream_per_try_timeout"), Kind::Timeout);
        assert_eq!(kind(503, "upstream_reset_before_response_started{connection_termination}"), Kind::Unreachable);
        assert_eq!(kind(503, "no_healthy_upstream"), Kind::Unreachable);
        assert_eq!(kind(429, "request_rate_limited"), Kind::RateLimited);
        assert_eq!(kind(503, "rate_limiter_error"), Kind::LimitsAway);
        assert_eq!(kind(400, "filter_chain_not_found"), Kind::InvalidRequest);
        assert_eq!(kind(500, "something_new"), Kind::Unreachable);
    }
}
