//! Tests of the whole reader: the published example, and every diagnostic as text.

mod example;
