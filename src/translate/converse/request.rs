//! Requests: [`render`] writes a conversation for Bedrock, [`path`] says where it goes.

mod path;
mod render;
#[cfg(test)]
mod tests;

pub use path::{model_path, path};
pub use render::render;
