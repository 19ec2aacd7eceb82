//! Stage 4, may it spend: limits on requests and tokens. Reserve before the provider is called, settle when the answer has ended.
