//! Failed transactions and the codes they are expected to fail with.

use plimsoll::errors::PlimsollError;
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;
use std::fmt;

/// Why a transaction failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub error: TransactionError,
    /// Code of the instruction that failed, if it failed with one.
    pub code: Option<u32>,
    pub logs: Vec<String>,
}

impl Failure {
    pub fn new(error: TransactionError, logs: Vec<String>) -> Self {
        let code = match error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        };
        Self { error, code, logs }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}\n{}", self.error, self.logs.join("\n"))
    }
}

/// What can stand in `expect_error!`.
pub trait ExpectedCode: fmt::Debug {
    /// The code as the runtime reports it.
    fn number(&self) -> u32;
}

impl ExpectedCode for PlimsollError {
    fn number(&self) -> u32 {
        anchor_lang::error::ERROR_CODE_OFFSET + *self as u32
    }
}

impl ExpectedCode for anchor_lang::error::ErrorCode {
    fn number(&self) -> u32 {
        *self as u32
    }
}

impl ExpectedCode for u32 {
    fn number(&self) -> u32 {
        *self
    }
}
