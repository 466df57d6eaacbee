//! The broker families. Each knows neither the kernel's loop, the other families, nor the screen.

pub mod kafka;
pub mod rabbitmq;
