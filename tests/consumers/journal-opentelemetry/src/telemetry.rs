//! Spans, counters of events, and gauges of what is open, over OTLP. This is the part to copy.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Counter, Meter, MeterProvider as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use payments::journal::{Stats, events};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::Result;

pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    stats: Arc<Mutex<Option<Stats>>>,
}

impl Telemetry {
    /// Exports to the collector at this address, such as `http://127.0.0.1:4318`.
    pub fn start(collector: &str) -> Result<Self> {
        let resource = Resource::builder().with_service_name("shop").build();
        let spans = SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson);
        let spans = spans.with_endpoint(format!("{collector}/v1/traces")).build()?;
        let traces = SdkTracerProvider::builder().with_batch_exporter(spans).with_resource(resource.clone()).build();
        let metrics = MetricExporter::builder().with_http().with_protocol(Protocol::HttpJson);
        let metrics = metrics.with_endpoint(format!("{collector}/v1/metrics")).build()?;
        let metrics = SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();

        let (meter, stats) = (metrics.meter("payments"), Arc::default());
        gauges(&meter, &stats);
        let counters = Counters {
            calls: meter.u64_counter("payments.calls").build(),
            alerts: meter.u64_counter("payments.alerts").build(),
        };
        let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer("payments"));
        // Only what the SDK emits: a span of the exporter's own requests would cause the next one.
        let ours = Targets::new().with_target("payments", Level::DEBUG);
        let subscriber =
            tracing_subscriber::registry().with(spans.with_filter(ours.clone())).with(counters.with_filter(ours));
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(Self { traces, metrics, stats })
    }

    /// Shows these counts until the next call.
    pub fn show(&self, stats: Stats) {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = Some(stats);
    }

    /// Exports what is left. It blocks.
    pub fn stop(self) -> Result<()> {
        self.traces.shutdown()?;
        self.metrics.shutdown()?;
        Ok(())
    }
}

type Shown = Arc<Mutex<Option<Stats>>>;

/// A gauge reports the last counts, so that a group that is gone is not reported any more.
fn gauges(meter: &Meter, stats: &Shown) {
    gauge(meter, stats, "payments.intents", |stats, observer| {
        for open in &stats.intents {
            let attributes = [
                KeyValue::new("tenant", open.account.tenant.clone()),
                KeyValue::new("provider", open.account.provider.clone()),
                KeyValue::new("account", open.account.name.clone()),
                KeyValue::new("operation", open.operation.clone()),
                KeyValue::new("state", open.state.as_str()),
            ];
            observer.observe(open.count, &attributes);
        }
    });
    gauge(meter, stats, "payments.overdue_seconds", |stats, observer| observer.observe(stats.overdue().as_secs(), &[]));
    gauge(meter, stats, "payments.oldest_change_seconds", |stats, observer| {
        observer.observe(stats.oldest_change().as_secs(), &[]);
    });
    gauge(meter, stats, "payments.stuck_changes", |stats, observer| observer.observe(stats.changes.stuck, &[]));
    gauge(meter, stats, "payments.paused_accounts", |stats, observer| observer.observe(stats.pauses.len() as u64, &[]));
}

fn gauge(meter: &Meter, stats: &Shown, name: &'static str, observe: fn(&Stats, &dyn AsyncInstrument<u64>)) {
    let stats = Arc::clone(stats);
    let gauge = meter.u64_observable_gauge(name).with_callback(move |observer| {
        if let Some(stats) = &*stats.lock().unwrap_or_else(PoisonError::into_inner) {
            observe(stats, observer);
        }
    });
    gauge.build();
}

/// Counts events by their names.
struct Counters {
    calls: Counter<u64>,
    alerts: Counter<u64>,
}

impl<S: Subscriber> Layer<S> for Counters {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() != events::TARGET {
            return;
        }
        if metadata.name() == events::CALL_ENDED {
            let mut attributes = Attributes { names: &["provider", "operation", "outcome"], found: Vec::new() };
            event.record(&mut attributes);
            self.calls.add(1, &attributes.found);
        }
        if events::ALERTS.contains(&metadata.name()) {
            let mut attributes =
                Attributes { names: &["provider"], found: vec![KeyValue::new("event", metadata.name())] };
            event.record(&mut attributes);
            self.alerts.add(1, &attributes.found);
        }
    }
}

/// The fields of an event that become attributes of a metric.
struct Attributes {
    names: &'static [&'static str],
    found: Vec<KeyValue>,
}

impl Visit for Attributes {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.names.contains(&field.name()) {
            self.found.push(KeyValue::new(field.name(), value.to_owned()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
