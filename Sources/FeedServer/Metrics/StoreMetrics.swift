import FeedStore

/// What the store says of itself, asked for at every scrape.
enum StoreMetrics {
    static func register(in registry: PrometheusRegistry, of store: any Store) {
        registry.registerGauge(
            "feed_store_failing", "1 while commits fail, as far as the last one tells; 0 otherwise."
        ) { store.status.writes == .failing ? 1 : 0 }
        registry.registerGauge(
            "feed_store_clock_lead_seconds",
            "By how much the clock has gone ahead at once and is not believed yet."
        ) { store.status.clockLead / .seconds(1) }
        registry.registerGauge(
            "feed_store_date_lead_seconds", "By how much the newest post's date is ahead of the clock."
        ) { store.status.dateLead / .seconds(1) }
    }
}
