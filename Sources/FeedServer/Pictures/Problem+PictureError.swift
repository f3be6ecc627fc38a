extension Problem {
    /// What a client is told of a picture that can't be used.
    init(_ error: PictureError) {
        let code: Code =
            switch error {
            case .notAnImage, .damaged: .unsupportedMediaType
            case .tooManyPixels, .tookTooLong: .payloadTooLarge
            case .unavailable, .busy: .unavailable
            }
        self.init(code: code, detail: error.sentence)
    }
}
