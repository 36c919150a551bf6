[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// Most of a test here is waiting for programs that it started; each has ports, folders and a database of its own.
[assembly: Xunit.CollectionBehavior(MaxParallelThreads = 2)]
