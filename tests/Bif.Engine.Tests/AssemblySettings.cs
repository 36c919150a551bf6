using Xunit;

// libtorch's number of operator threads is set per run but initialised from one global number: tests that run at once would
// change each other's threads, and with them the last bits that determinism tests compare.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
