//! The only place that knows `DynamoDB` and S3.
