using Bif.Cli.Parsing;
using Xunit;

namespace Bif.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("atribute", "did you mean bif attribute")]
    [InlineData("attribute --modle x", "did you mean --model")]
    [InlineData("attribute --model x --data y --queries z", "--out")]
    [InlineData("attribute --model x --data y --queries z --out o --epsilon -1", "--epsilon must be a number")]
    [InlineData("attribute --model x --data y --queries z --out o --draws two", "--draws must be a whole number")]
    [InlineData("attribute --model x --data y --queries z --out o --sampler nuts", "--sampler must be one of")]
    [InlineData("attribute --model x --data y --queries z --out o --device tpu", "--device must be")]
    [InlineData("attribute --model /nonexistent/m --data y --queries z --out o", "There is no model at /nonexistent/m")]
    [InlineData("top /nonexistent/run --query 0", "There is no run in /nonexistent/run")]
    [InlineData("export /nonexistent/run --out o", "There is no run in /nonexistent/run")]
    [InlineData("train --data d --out o", "--model-type")]
    [InlineData("attribute --model x --data y --queries z --out o --threads 100000", "--threads must be a whole number from 1 to")]
    [InlineData("attribute --model x --data y --queries z --out o --chains 100000", "--chains must be a whole number from 1 to")]
    [InlineData("attribute --model x --data y --queries z --out ", "--out must not be empty")]
    [InlineData("demo --out ", "--out must not be empty")]
    [InlineData("pull imagenet", "is nothing that can be fetched")]
    [InlineData("pull hf:model", "give hf:OWNER/NAME")]
    [InlineData("pull mnist --data-mirror nowhere", "is no address for the mirror")]
    [InlineData("pull mnist --proxy nowhere", "The proxy is no address")]
    [InlineData("top ", "RUN must not be empty")]
    [InlineData("tokens r --partners ", "--partners must not be empty")]
    [InlineData("attribute --model x --data y --queries z --out o --token-from ", "--token-from must not be empty")]
    [InlineData("export r --out --json", "--out needs a value before --json")]
    [InlineData("export r --out --format", "--out needs a value before --format")]
    [InlineData("train --data d --out --json", "--out needs a value before --json")]
    [InlineData("top r -k 3 -k 4", "-k is given twice")]
    [InlineData("train --model-type mlp --data d --out o --lr 1e300", "--lr must be a number above 0 and at most 1000000")]
    [InlineData("train --model-type mlp --data d --out o --weight-decay 1e300", "--weight-decay must be a number from 0 to 1000000")]
    [InlineData("train --model-type mlp --data d --out o --tokenizer t", "--tokenizer is for language models")]
    [InlineData("lds r --subsets 2147483647", "--subsets must be a whole number from 5 to")]
    [InlineData("pull mnist --mirror nowhere", "is no address for the mirror")]
    [InlineData("pull mnist --out /proc/nowhere", "/proc/nowhere cannot be written")]
    public void Bad_input_gives_one_line_and_exit_code_2(string line, string says)
    {
        var (code, output, errors) = Programs.RunHere(line.Split(' '));
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
        Assert.Contains(says, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sampler sgld --friction 1", "--friction has no effect with --sampler sgld")]
    [InlineData("--sampler laplace --thin 2", "--thin has no effect with --sampler laplace")]
    [InlineData("--token-from r", "--token-from has no effect without --per-token")]
    public void An_option_that_changes_nothing_is_said(string options, string says)
    {
        var (_, _, errors) = Programs.RunHere(["attribute", "--model", "x", "--data", "y", "--queries", "z", "--out", "o", .. options.Split(' ')]);
        Assert.Contains("warning: " + says, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_sentence_too()
    {
        var (code, _, errors) = Programs.RunHere("demo", "--out", "/proc/demo");
        Assert.Equal(2, code);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Help_of_every_verb_states_each_option_with_its_default()
    {
        foreach (var verb in CommandLine.Verbs())
        {
            var (code, page, _) = Programs.RunHere(verb.Name, "--help");
            Assert.Equal(0, code);
            foreach (var option in verb.Options)
            {
                Assert.Contains(option.Name, page, StringComparison.Ordinal);
                Assert.False(string.IsNullOrWhiteSpace(option.Description), option.Name);
                Assert.False(string.IsNullOrWhiteSpace(((ISetting)option).Default), option.Name);
            }

            Assert.NotEmpty(verb.Examples);
        }
    }

    [Fact]
    public void The_documentation_mentions_every_verb()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "command-line.md"));
        Assert.All(CommandLine.Verbs(), verb => Assert.Contains($"bif {verb.Name}", text, StringComparison.Ordinal));
    }
}
