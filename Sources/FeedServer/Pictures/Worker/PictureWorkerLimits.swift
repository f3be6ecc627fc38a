/// How long the server waits for a picture worker, and how long it keeps one.
struct PictureWorkerLimits: Sendable {
    /// Within which a worker has to be ready. It takes a twentieth of a second, on a machine that is not
    /// busy.
    var start = Duration.seconds(30)
    /// Within which a picture has to be decoded. The largest that ``PictureBounds`` allow takes about three
    /// seconds.
    var picture = Duration.seconds(10)
    /// Pictures of a worker's life: what it loses of memory does not add up for longer, and somebody who has
    /// taken it over has it for no longer.
    var picturesPerWorker = 50
}
