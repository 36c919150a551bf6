return Bif.Cli.CommandLine.Run(args, Console.Out, Console.Error);
