using Bif.Data.Entities;
using Bif.Data.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Bif.Data.Tests;

[Collection("postgres")]
public sealed class RunTablesTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly Guid _run = Guid.NewGuid();
    private NpgsqlDataSource _source = null!;
    private RunTables _tables = null!;

    public async Task InitializeAsync()
    {
        _source = await postgres.Create();
        _tables = new RunTables(_source);
        await using var context = PostgresFixture.Context(_source);
        context.Runs.Add(new Run { Id = _run, Name = "a run", State = RunState.Queued, Directory = "/nowhere", Spec = "{}", CreatedAt = DateTime.UtcNow });
        await context.SaveChangesAsync();
    }

    public async Task DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task A_run_passes_only_out_of_the_state_that_is_expected()
    {
        Assert.False(await _tables.Move(_run, [RunState.Sampling], RunState.Estimating));
        Assert.True(await _tables.Move(_run, [RunState.Queued], RunState.Preparing, "reading"));
        Assert.False(await _tables.Move(_run, [RunState.Queued], RunState.Preparing));
        var run = await Read();
        Assert.Equal((RunState.Preparing, "reading"), (run.State, run.Message));
        Assert.NotNull(run.StartedAt);
        Assert.Null(run.FinishedAt);
    }

    [Fact]
    public async Task A_chain_is_written_only_by_the_firing_that_owns_it()
    {
        await Prepare();
        Assert.Equal(1, await _tables.Claim(_run, 0, "first"));
        Assert.True(await _tables.Advance(_run, 0, "first", 0, [1f, 2f, 3f], 5));

        // An owner that lives keeps its chain; one that was silent for long loses it.
        Assert.Null(await _tables.Claim(_run, 0, "second"));
        Assert.True(await _tables.Sign(_run, 0, "first"));
        await using (var silence = _source.CreateCommand("update chains set updated_at = now() - interval '1 minute'"))
        {
            await silence.ExecuteNonQueryAsync();
        }

        Assert.Equal(2, await _tables.Claim(_run, 0, "second"));
        Assert.False(await _tables.Sign(_run, 0, "first"));
        Assert.False(await _tables.Advance(_run, 0, "first", 3, [4f], 5));
        Assert.False(await _tables.End(_run, 0, "first", ChainState.Completed));

        // The second firing resumes at a complete block of two draws: what came after is drawn again.
        Assert.True(await _tables.Advance(_run, 0, "second", 2, [7f, 8f], 5));
        Assert.True(await _tables.End(_run, 0, "second", ChainState.Completed));
        Assert.Null(await _tables.Claim(_run, 0, "third"));
        var chain = (await Read()).Chains.Single(each => each.Index == 0);
        Assert.Equal([1f, 2f, 7f, 8f], Floats.FromBytes(chain.Losses));
        Assert.Equal((4, 8.0, ChainState.Completed), (chain.Draws, chain.Loss, chain.State));
    }

    [Fact]
    public async Task A_cancelled_run_is_queued_again_with_its_complete_chains()
    {
        await Prepare();
        await _tables.Claim(_run, 0, "a");
        await _tables.End(_run, 0, "a", ChainState.Completed);
        await _tables.Claim(_run, 1, "b");
        await _tables.End(_run, 1, "b", ChainState.Interrupted);
        Assert.True(await _tables.RequestCancel(_run));
        Assert.True(await _tables.IsCancelRequested(_run));
        Assert.True(await _tables.Move(_run, [RunState.Sampling], RunState.Cancelled));
        Assert.False(await _tables.RequestCancel(_run));
        Assert.True(await _tables.Reopen(_run));
        Assert.False(await _tables.IsCancelRequested(_run));
        var run = await Read();
        Assert.Equal(RunState.Queued, run.State);
        Assert.Equal([ChainState.Completed, ChainState.Queued], run.Chains.OrderBy(chain => chain.Index).Select(chain => chain.State));
    }

    [Fact]
    public async Task A_run_whose_chains_are_all_complete_is_reopened_too()
    {
        await Prepare();
        foreach (var chain in new[] { 0, 1 })
        {
            await _tables.Claim(_run, chain, "a");
            await _tables.End(_run, chain, "a", ChainState.Completed);
        }

        Assert.True(await _tables.Move(_run, [RunState.Sampling], RunState.Failed, error: "the disk was full"));
        Assert.True(await _tables.Reopen(_run));
        Assert.Equal(RunState.Queued, (await Read()).State);
    }

    [Fact]
    public async Task Added_queries_are_numbered_after_the_runs_own_and_keep_their_scores()
    {
        AddedQuery Query() => new() { RunId = _run, State = "queued", Source = "training item 4", Description = "circle", DataPath = "/data[4:5]" };
        Assert.Null(await _tables.AddQuery(Query(), 3));
        await Prepare();
        await _tables.Move(_run, [RunState.Sampling], RunState.Estimating);
        Assert.True(await _tables.Finish(_run, "{}", [1f], [2f]));
        Assert.Equal([3, 4, 5], (await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _tables.AddQuery(Query(), 3)))).Order());

        Assert.True(await _tables.MoveQuery(_run, 4, "running", "reading", 0.5));
        await ScoreWriter.Put(_source, _run, 4, 10, new([0.5f], [0.1f], [-1f], [0.2f]), default);
        Assert.True(await _tables.MoveQuery(_run, 4, "finished", way: "kept", seconds: 2));
        Assert.False(await _tables.MoveQuery(_run, 4, "failed", "too late"));
        await ScoreWriter.Replace(_source, _run, 100, 0.2, isFinal: true, [new ScoreVectors([1f], [0], [1f], [0])], default);
        await using var context = PostgresFixture.Context(_source);
        Assert.Equal([0, 4], await context.Scores.Where(each => each.RunId == _run).OrderBy(each => each.Query).Select(each => each.Query).ToListAsync());
        var answered = await context.AddedQueries.SingleAsync(each => each.RunId == _run && each.Query == 4);
        Assert.Equal(("finished", "kept", 2.0), (answered.State, answered.Way, answered.Seconds));
    }

    [Fact]
    public async Task An_added_query_is_stopped_at_once_while_it_waits_and_at_its_next_report_while_it_runs()
    {
        AddedQuery Query() => new() { RunId = _run, State = "queued", Source = "training item 4", Description = "circle", DataPath = "/data[4:5]" };
        await Prepare();
        await _tables.Move(_run, [RunState.Sampling], RunState.Estimating);
        Assert.True(await _tables.Finish(_run, "{}", [1f], [2f]));
        var (waiting, running) = ((await _tables.AddQuery(Query(), 3))!.Value, (await _tables.AddQuery(Query(), 3))!.Value);
        Assert.True(await _tables.CancelQuery(_run, waiting));
        Assert.False(await _tables.CancelQuery(_run, waiting));
        Assert.True(await _tables.MoveQuery(_run, running, "running", "reading"));
        Assert.True(await _tables.CancelQuery(_run, running));
        Assert.False(await _tables.MoveQuery(_run, running, "running", "reading on"));
        Assert.True(await _tables.MoveQuery(_run, running, "cancelled"));
        await using var context = PostgresFixture.Context(_source);
        Assert.Equal(["cancelled", "cancelled"], await context.AddedQueries.Where(each => each.RunId == _run).Select(each => each.State).ToListAsync());
    }

    [Fact]
    public async Task Scores_are_replaced_whole_and_never_by_fewer_draws()
    {
        static IEnumerable<ScoreVectors> Vectors(float value) => Enumerable.Range(0, 3).Select(query => new ScoreVectors([value, query], [0, 0], [-value, 0], [0, 0]));
        Assert.True(await ScoreWriter.Replace(_source, _run, 100, 0.2, isFinal: false, Vectors(1), default));
        Assert.False(await ScoreWriter.Replace(_source, _run, 50, 0.3, isFinal: false, Vectors(2), default));
        Assert.True(await ScoreWriter.Replace(_source, _run, 100, double.NaN, isFinal: true, Vectors(3), default));
        await using var context = PostgresFixture.Context(_source);
        var scores = await context.Scores.Where(each => each.RunId == _run).OrderBy(each => each.Query).ToListAsync();
        Assert.Equal([3f, 2f], Floats.FromBytes(scores[2].Correlation));
        Assert.Equal(3, scores.Count);
        Assert.Null((await Read()).NoiseFloor);
    }

    [Fact]
    public async Task Changes_are_announced()
    {
        await using var connection = await _source.OpenConnectionAsync();
        var heard = new List<RunSignal?>();
        connection.Notification += (_, notification) => heard.Add(RunSignal.Parse(notification.Payload));
        await using (var listen = new NpgsqlCommand($"listen {RunSignal.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync();
        }

        await _tables.Say(_run, "half way", 0.5);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await connection.WaitAsync(patience.Token);
        Assert.Equal(new RunSignal(_run, RunSignal.Progress), Assert.Single(heard));
        Assert.Null(RunSignal.Parse("not ours"));
    }

    private async Task Prepare()
    {
        await _tables.Move(_run, [RunState.Queued], RunState.Preparing);
        Assert.True(await _tables.Prepared(_run, "{}", "{}", "{}", chains: 2, draws: 100));
    }

    private async Task<Run> Read()
    {
        await using var context = PostgresFixture.Context(_source);
        return await context.Runs.Include(run => run.Chains).AsNoTracking().SingleAsync(run => run.Id == _run);
    }
}
