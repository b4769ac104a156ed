//! Lesson @number@: @title@. One step a file; start with the lesson's README.

