//! The same workloads in other simulators.

#[cfg(feature = "anysystem")]
pub mod anysystem;
#[cfg(feature = "nexosim")]
pub mod nexosim;
#[cfg(feature = "simcore")]
pub mod simcore;
pub mod simpy;
