using Bif.Engine.Arrays;
using Bif.Engine.Retraining;
using Xunit;

namespace Bif.Engine.Tests.Retraining;

/// <summary>Banks of retrained losses on disk.</summary>
public sealed class RetrainingBankTests : IDisposable
{
    private static readonly BankSpec Spec = new(0.5, 8, 2, 5);
    private readonly TinyClassification _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bank_that_is_interrupted_and_resumed_equals_one_that_is_not_byte_for_byte(bool augmented)
    {
        // An augmentation, of which points know nothing, makes the models train one after another.
        using var problem = _tiny.Open(TinyClassification.Recipe with { Augmentation = augmented ? ["flip"] : [] });
        Assert.NotEqual(augmented, RetrainingPool.TrainsSideBySide(problem));
        Assert.True(RetrainingBank.For(problem, Spec, _tiny.At("whole")).Fill(problem, Spec, 2, null, CancellationToken.None));
        using var stop = new CancellationTokenSource();
        var interrupted = RetrainingBank.For(problem, Spec, _tiny.At("resumed")).Fill(problem, Spec, 1, new Watch(progress =>
        {
            if (progress.Done < 16)
            {
                stop.Cancel();
            }
        }), stop.Token);
        Assert.False(interrupted);
        var bank = RetrainingBank.For(problem, Spec, _tiny.At("resumed"));
        Assert.InRange(bank.Done, 1, 15);
        var reports = new List<BankProgress>();
        Assert.True(bank.Fill(problem, Spec, 2, new Watch(reports.Add), CancellationToken.None));
        Assert.Equal((16, 16), (reports[^1].Done, reports[^1].Models));
        RequireSameFiles("whole", "resumed");
        Assert.Equal(16, bank.Record.Trained);
        Assert.True(bank.Fill(problem, Spec, 1, new Watch(_ => Assert.Fail("a finished bank trains nothing")), CancellationToken.None));
    }

    [Fact]
    public void A_larger_bank_contains_the_smaller_one_and_agrees_with_one_made_at_once()
    {
        using var problem = _tiny.Open(TinyClassification.Recipe);
        var small = Spec with { Subsets = 3, Repeats = 1 };
        RetrainingBank.For(problem, small, _tiny.At("grown")).Fill(problem, small, 1, null, CancellationToken.None);
        var grown = RetrainingBank.For(problem, Spec, _tiny.At("grown"));
        Assert.Equal(3, grown.Done);
        var kept = grown.Losses(2, 0).ToArray();
        grown.Fill(problem, Spec, 2, null, CancellationToken.None);
        Assert.Equal(kept, grown.Losses(2, 0).ToArray());
        var whole = RetrainingBank.For(problem, Spec, _tiny.At("whole"));
        whole.Fill(problem, Spec, 2, null, CancellationToken.None);
        for (var subset = 0; subset < 8; subset++)
        {
            Assert.All(whole.Losses(subset, 1).ToArray().Zip(grown.Losses(subset, 1).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            Assert.All(whole.Losses(subset, 0).ToArray().Zip(RetrainingBank.Open(_tiny.At("grown")).Losses(subset, 0).ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }

        Assert.Equal(Spec, RetrainingBank.For(problem, small, _tiny.At("grown")).Record.Spec);
    }

    [Fact]
    public void Masks_say_which_half_each_model_saw_and_seeds_differ()
    {
        using var problem = _tiny.Open(TinyClassification.Recipe);
        RetrainingBank.For(problem, Spec, _tiny.At("bank"));
        var masks = NpyFile.Read<bool>(_tiny.At("bank/masks.npy"));
        Assert.Equal([8L, 60L], masks.Shape);
        for (var subset = 0; subset < 8; subset++)
        {
            Assert.Equal(Spec.Items(subset, 60), Enumerable.Range(0, 60).Where(item => masks.Values[(subset * 60) + item]));
            Assert.Equal(30, Spec.Items(subset, 60).Distinct().Count());
        }

        Assert.Equal(16, Enumerable.Range(0, 16).Select(index => Spec.Model(index % 8, index / 8, 60).Seed).Distinct().Count());
    }

    [Fact]
    public void A_bank_of_another_recipe_is_refused_in_one_sentence()
    {
        using var problem = _tiny.Open(TinyClassification.Recipe);
        using var other = _tiny.Open(TinyClassification.Recipe with { LearningRate = 0.2 });
        RetrainingBank.For(problem, Spec, _tiny.At("bank"));
        Assert.Contains("--bank", Assert.Throws<InputException>(() => RetrainingBank.For(other, Spec, _tiny.At("bank"))).Message, StringComparison.Ordinal);
        Assert.NotEqual(RetrainingBank.IdOf(problem, Spec), RetrainingBank.IdOf(problem, Spec with { Alpha = 0.4 }));
        Assert.Equal(RetrainingBank.IdOf(problem, Spec), RetrainingBank.IdOf(problem, Spec with { Subsets = 99 }));
    }

    private void RequireSameFiles(string first, string second)
    {
        foreach (var file in new[] { "losses.npy", "masks.npy" })
        {
            Assert.Equal(File.ReadAllBytes(_tiny.At($"{first}/{file}")), File.ReadAllBytes(_tiny.At($"{second}/{file}")));
        }

        Assert.DoesNotContain(NpyFile.Read<float>(_tiny.At($"{first}/losses.npy")).Values, float.IsNaN);
    }

    private sealed class Watch(Action<BankProgress> seen) : IProgress<BankProgress>
    {
        public void Report(BankProgress value) => seen(value);
    }
}
