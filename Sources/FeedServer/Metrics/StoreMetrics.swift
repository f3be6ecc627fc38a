import FeedStore

/// What the store says of itself, asked for at every scrape.
enum StoreMetrics {
    static func register(in registry: PrometheusRegistry, of store: any Store) {
        registry.registerGauge(
            "feed_store_failing", "1 while commits fail, as far as the last one tells; 0 otherwise."
        ) { store.status.writes == .failing ? 1 : 0 }
    }
}
