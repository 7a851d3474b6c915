//! stub
pub(crate) fn rfc3339(time: std::time::SystemTime) -> String {
    format!("{:?}", time)
}
