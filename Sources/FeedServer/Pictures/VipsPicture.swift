import CVips

/// An image of libvips', let go of at the end of its scope.
///
/// An image is a description of how to compute its pixels until somebody asks for them; what it was made
/// from is kept by it. Encoded bytes are not: they have to stay where they are.
struct VipsPicture: ~Copyable {
    private let image: OpaquePointer

    /// - Parameter call: its name, for the error.
    private init(_ call: String, _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) throws {
        var made: OpaquePointer?
        let status = make(&made)
        guard status == 0, let made else {
            if let made { g_object_unref(UnsafeMutableRawPointer(made)) }
            throw VipsLibrary.Failure(call)
        }
        image = made
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(image))
    }

    /// Reads an encoded image's header.
    init(headerOf bytes: UnsafeRawBufferPointer) throws {
        try self.init("open") { out in
            out.pointee = cvips_open(bytes.baseAddress, bytes.count)
            return out.pointee == nil ? -1 : 0
        }
    }

    /// Decodes an image, and shrinks it to fit the box. One that fits is not enlarged.
    init(decoding bytes: UnsafeRawBufferPointer, fitting box: (width: Int, height: Int)) throws {
        try self.init("thumbnail") { out in
            cvips_shrink(bytes.baseAddress, bytes.count, out, Int32(box.width), Int32(box.height))
        }
    }

    var width: Int { Int(vips_image_get_width(image)) }
    var height: Int { Int(vips_image_get_height(image)) }
    var hasAlpha: Bool { vips_image_hasalpha(image) != 0 }
    var hasColourProfile: Bool { vips_image_get_typeof(image, "icc-profile-data") != 0 }

    /// Whether its decoder has to hold all of it: a JPEG of several scans or an interlaced PNG.
    var isInterlaced: Bool {
        ["jpeg-multiscan", "interlaced"].contains { name in
            var value: Int32 = 0
            return vips_image_get_typeof(image, name) != 0
                && vips_image_get_int(image, name, &value) == 0 && value != 0
        }
    }

    /// Computes all pixels now, so that what is wrong with any of them is found.
    func computed() throws -> VipsPicture {
        try VipsPicture("copy_memory") { out in
            out.pointee = vips_image_copy_memory(image)
            return out.pointee == nil ? -1 : 0
        }
    }

    /// The square in the middle, as large as it can be.
    func centreSquare() throws -> VipsPicture {
        let side = min(width, height)
        let (left, top) = ((width - side) / 2, (height - side) / 2)
        return try VipsPicture("extract_area") {
            cvips_crop(image, $0, Int32(left), Int32(top), Int32(side), Int32(side))
        }
    }

    /// Turns it upright.
    func upright(from orientation: Orientation) throws -> VipsPicture {
        switch orientation {
        case .topLeft: try turned(CVIPS_ANGLE_D0)
        case .topRight: try mirrored(CVIPS_DIRECTION_HORIZONTAL)
        case .bottomRight: try turned(CVIPS_ANGLE_D180)
        case .bottomLeft: try mirrored(CVIPS_DIRECTION_VERTICAL)
        case .leftTop: try turned(CVIPS_ANGLE_D90).mirrored(CVIPS_DIRECTION_HORIZONTAL)
        case .rightTop: try turned(CVIPS_ANGLE_D90)
        case .rightBottom: try turned(CVIPS_ANGLE_D90).mirrored(CVIPS_DIRECTION_VERTICAL)
        case .leftBottom: try turned(CVIPS_ANGLE_D270)
        }
    }

    private func turned(_ angle: Int) throws -> VipsPicture {
        try VipsPicture("rot") { cvips_turn(image, $0, Int32(angle)) }
    }

    private func mirrored(_ direction: Int) throws -> VipsPicture {
        try VipsPicture("flip") { cvips_mirror(image, $0, Int32(direction)) }
    }

    func scaled(by factor: Double) throws -> VipsPicture {
        try VipsPicture("resize") { cvips_resize(image, $0, factor) }
    }

    /// Converts from the colour profile that it carries.
    func convertedFromProfile() throws -> VipsPicture {
        try VipsPicture("icc_transform") { cvips_icc_to_srgb(image, $0) }
    }

    /// Converts from grey, or keeps what is sRGB already: three bands, and the alpha channel.
    func inSRGB() throws -> VipsPicture {
        try VipsPicture("colourspace") { cvips_to_srgb(image, $0) }
    }

    func onWhite() throws -> VipsPicture {
        try VipsPicture("flatten") { cvips_flatten_on_white(image, $0) }
    }

    /// Encodes it as a JPEG without metadata.
    ///
    /// - Parameter quality: 1 to 100.
    func encodedAsJPEG(quality: Int) throws -> [UInt8] {
        var memory: UnsafeMutableRawPointer?
        var count = 0
        defer { g_free(memory) }
        guard cvips_encode_jpeg(image, &memory, &count, Int32(quality)) == 0, let memory else {
            throw VipsLibrary.Failure("jpegsave")
        }
        return Array(UnsafeRawBufferPointer(start: memory, count: count))
    }
}
