#![doc = include_str!("../../docs/guide/adding-a-provider.md")]
