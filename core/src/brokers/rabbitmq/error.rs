//! Errors as the broker tells them: a reply code and a text (AMQP 0-9-1 §1.2 of the specification).

use std::fmt;

/// What an error ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorLevel {
    /// The channel alone (a soft error).
    Channel,
    /// The whole connection (a hard error).
    Connection,
}

/// The reply codes. The numbers are the protocol's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // the names are the protocol's own
#[repr(u16)]
pub enum ReplyCode {
    ContentTooLarge = 311,
    NoRoute = 312,
    ConnectionForced = 320,
    AccessRefused = 403,
    NotFound = 404,
    ResourceLocked = 405,
    PreconditionFailed = 406,
    FrameError = 501,
    SyntaxError = 502,
    CommandInvalid = 503,
    ChannelError = 504,
    UnexpectedFrame = 505,
    ResourceError = 506,
    NotAllowed = 530,
    NotImplemented = 540,
    InternalError = 541,
}

impl ReplyCode {
    /// The number.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// The name, as the broker writes it.
    pub fn name(self) -> &'static str {
        match self {
            ReplyCode::ContentTooLarge => "CONTENT_TOO_LARGE",
            ReplyCode::NoRoute => "NO_ROUTE",
            ReplyCode::ConnectionForced => "CONNECTION_FORCED",
            ReplyCode::AccessRefused => "ACCESS_REFUSED",
            ReplyCode::NotFound => "NOT_FOUND",
            ReplyCode::ResourceLocked => "RESOURCE_LOCKED",
            ReplyCode::PreconditionFailed => "PRECONDITION_FAILED",
            ReplyCode::FrameError => "FRAME_ERROR",
            ReplyCode::SyntaxError => "SYNTAX_ERROR",
            ReplyCode::CommandInvalid => "COMMAND_INVALID",
            ReplyCode::ChannelError => "CHANNEL_ERROR",
            ReplyCode::UnexpectedFrame => "UNEXPECTED_FRAME",
            ReplyCode::ResourceError => "RESOURCE_ERROR",
            ReplyCode::NotAllowed => "NOT_ALLOWED",
            ReplyCode::NotImplemented => "NOT_IMPLEMENTED",
            ReplyCode::InternalError => "INTERNAL_ERROR",
        }
    }

    /// What an error with this code ends.
    pub fn level(self) -> ErrorLevel {
        match self {
            ReplyCode::ContentTooLarge
            | ReplyCode::NoRoute
            | ReplyCode::AccessRefused
            | ReplyCode::NotFound
            | ReplyCode::ResourceLocked
            | ReplyCode::PreconditionFailed => ErrorLevel::Channel,
            _ => ErrorLevel::Connection,
        }
    }
}

/// An error that ends a channel or a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AmqpError {
    /// The reply code.
    pub code: ReplyCode,
    /// The explanation behind the code's name, such as `no exchange 'x' in vhost '/'`.
    pub text: String,
}

impl AmqpError {
    /// An error.
    pub fn new(code: ReplyCode, text: impl Into<String>) -> AmqpError {
        AmqpError { code, text: text.into() }
    }
}

/// The reply text, as the broker sends it: `NOT_FOUND - no exchange 'x' in vhost '/'`.
impl fmt::Display for AmqpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} - {}", self.code.name(), self.text)
    }
}
