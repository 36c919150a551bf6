using Bif.Data;
using Bif.Data.Migrations;
using Bif.Data.Storage;
using Bif.Web.Browsing;
using Bif.Web.Downloads;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Bif.Web.Reports;
using Bif.Web.Tasks;
using Bif.Web.Uploads;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Quartz;

namespace Bif.Web.Hosting;

/// <summary>Registers what the roles need, and brings the database up to date before they start.</summary>
public static class Start
{
    /// <summary>The durable queue: the same for every process on the database; only workers run what is in it.</summary>
    public static void AddQueue(IServiceCollection services, BifOptions options, string connectionString)
    {
        // One chain at a time on a GPU. A process uses the first that it sees: a process for each GPU, by CUDA_VISIBLE_DEVICES.
        var hasGpu = options.IsWorker && TorchSharp.torch.cuda.is_available();
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = "bif";
                scheduler.InstanceId = WorkerList.NameOfThis(hasGpu);
                scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
                scheduler.DefaultTimeZone = TimeZoneInfo.Utc;
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            var slots = options.CpuSlots > 0 ? options.CpuSlots : Environment.ProcessorCount;
            quartz.UseDefaultThreadPool(slots + 1);
            quartz.UseExecutionLimits(limits => limits.ForGroup(RunQueue.CpuGroup, slots).ForGroup(RunQueue.GpuGroup, hasGpu ? 1 : 0));
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(connectionString);
                store.ProvisionSchema();
                store.ConfigureStore(settings =>
                {
                    settings.TablePrefix = "quartz.qrtz_";
                    settings.RecoverFiringsCancelledByShutdown = true;
                });
                store.UseClustering(cluster =>
                {
                    cluster.CheckinInterval = TimeSpan.FromSeconds(5);
                    cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(15);
                });
            });
        });
        if (options.IsWorker)
        {
            services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
        }
    }

    /// <summary>Storage, jobs and what browsing needs.</summary>
    public static void AddBif(IServiceCollection services, BifOptions options, string connectionString)
    {
        services.AddSingleton(options);
        services.AddSingleton(NpgsqlDataSource.Create(connectionString));
        services.AddDbContextFactory<BifContext>((provider, context) => context.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<RunTables>();
        services.AddSingleton<TaskTables>();
        services.AddSingleton<TaskLibrary>();
        services.AddSingleton<TaskDesk>();
        services.AddSingleton<TaskWorker>();
        services.AddSingleton<QualityLibrary>();
        services.AddSingleton<GridLibrary>();
        services.AddSingleton<MethodView>();
        services.AddSingleton<RunReader>();
        services.AddSingleton<LossPictures>();
        services.AddSingleton<RunQueue>();
        services.AddSingleton<DemoRuns>();
        services.AddSingleton<RunDesk>();
        services.AddSingleton<RunWorker>();
        services.AddSingleton<QueryWorker>();
        services.AddSingleton<QueryDesk>();
        services.AddSingleton<EstimateDesk>();
        services.AddSingleton<Catalog>();
        services.AddSingleton<UploadDesk>();
        services.AddSingleton<DownloadDesk>();
        services.AddSingleton<WorkerList>();
        services.AddSingleton<PathGuard>();
        services.AddSingleton<RunLibrary>();
        services.AddSingleton<Pictures>();
        services.AddSingleton<TextLibrary>();
        services.AddSingleton<PartnerLibrary>();
        services.AddSingleton<RunEvents>();
        services.AddSingleton<TextSnapshot>();
        services.AddSingleton<ReportDesk>();
        services.AddMemoryCache();
    }

    /// <summary>Migrates under the database's lock, declares the queue's job, repairs the queue, seeds the demos.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="startedDatabase">Whether this process started the database, so that no other is at work on it.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task Prepare(IServiceProvider services, bool startedDatabase, CancellationToken cancellation)
    {
        await using (var context = await services.GetRequiredService<IDbContextFactory<BifContext>>().CreateDbContextAsync(cancellation))
        {
            await Schema.Update(context, cancellation);
        }

        await services.GetRequiredService<RunQueue>().Declare(cancellation);
        if (startedDatabase)
        {
            await services.GetRequiredService<WorkerList>().ForgetOthers(cancellation);
        }

        await services.GetRequiredService<RunDesk>().Repair(cancellation);
        if (services.GetRequiredService<BifOptions>().Demo)
        {
            await services.GetRequiredService<RunDesk>().SeedDemo(cancellation);
        }
    }
}
