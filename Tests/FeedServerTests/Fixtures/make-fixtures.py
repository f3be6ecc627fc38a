"""Makes the picture fixtures of the tests: make-fixtures.py FOLDER. Needs Pillow, which no test does."""
import io, struct, sys, zlib
from pathlib import Path
from PIL import Image, ImageCms, PngImagePlugin

out = Path(sys.argv[1])

# Three stripes across the long side: only the middle one is in the centre square.
RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
def stripes(w, h, mode="RGB"):
    im = Image.new("RGB", (w, h), GREEN)
    side = min(w, h)
    if w > h:
        im.paste(RED, (0, 0, (w - side) // 2, h)); im.paste(BLUE, ((w + side) // 2, 0, w, h))
    else:
        im.paste(RED, (0, 0, w, (h - side) // 2)); im.paste(BLUE, (0, (h + side) // 2, w, h))
    return im.convert(mode)

# Quarters: where each one comes out tells how the picture was turned.
def quarters(w=64, h=64):
    im = Image.new("RGB", (w, h))
    im.paste((220, 30, 30), (0, 0, w // 2, h // 2)); im.paste((30, 200, 30), (w // 2, 0, w, h // 2))
    im.paste((30, 30, 220), (0, h // 2, w // 2, h)); im.paste((240, 240, 240), (w // 2, h // 2, w, h))
    return im

wide, tall = stripes(200, 100), stripes(100, 200)
wide.save(out / "wide.jpg", quality=90)
tall.save(out / "tall.jpg", quality=90)
stripes(1200, 800).save(out / "large.jpg", quality=80)
wide.save(out / "progressive.jpg", quality=90, progressive=True)
wide.convert("CMYK").save(out / "cmyk.jpg", quality=90)
wide.convert("L").save(out / "grey.jpg", quality=90)
wide.save(out / "rgb8.png"); tall.save(out / "tall.png")
wide.quantize(8).save(out / "palette.png")
wide.convert("L").save(out / "grey.png")

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def png(w, h, depth, colour, rows, interlace=0, extra=b""):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlace))
            + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))
def rgb16(im):
    w, h = im.size; px = im.load()
    return b"".join(b"\0" + b"".join(struct.pack(">HHH", *(v * 257 for v in px[x, y])) for x in range(w)) for y in range(h))
(out / "rgb16.png").write_bytes(png(200, 100, 16, 2, rgb16(wide)))
def adam7(im):
    w, h = im.size; px = im.load(); rows = b""
    for x0, y0, dx, dy in [(0,0,8,8),(4,0,8,8),(0,4,4,8),(2,0,4,4),(0,2,2,4),(1,0,2,2),(0,1,1,2)]:
        for y in range(y0, h, dy):
            line = b"".join(bytes(px[x, y]) for x in range(x0, w, dx))
            if line: rows += b"\0" + line
    return rows
(out / "interlaced.png").write_bytes(png(200, 100, 8, 2, adam7(wide), interlace=1))
alpha = Image.new("RGBA", (120, 120), (0, 0, 0, 0)); alpha.paste((220, 30, 30, 255), (0, 0, 60, 120))
alpha.save(out / "alpha.png"); alpha.save(out / "alpha.webp", lossless=True)
alpha.save(out / "alpha-lossy.webp", quality=90)
wide.quantize(8).save(out / "still.gif")
transparent = alpha.quantize(4); 
alpha.save(out / "alpha.gif")
frames = [wide, Image.new("RGB", (200, 100), (0, 0, 0)), Image.new("RGB", (200, 100), (255, 255, 0))]
frames[0].save(out / "animated.gif", save_all=True, append_images=frames[1:], duration=100, loop=0)
wide.save(out / "lossy.webp", quality=90); wide.save(out / "lossless.webp", lossless=True)
frames[0].save(out / "animated.webp", save_all=True, append_images=frames[1:], duration=100, loop=0, lossless=True)

# All eight orientations of EXIF, each of a picture that is upright once turned.
undo = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}
for value, how in undo.items():
    im = quarters(96, 64)
    im = im.transpose(how) if how is not None else im
    exif = Image.Exif(); exif[0x0112] = value
    im.save(out / f"orientation-{value}.jpg", quality=90, exif=exif)

# Everything that a picture can carry beside its pixels.
exif = Image.Exif(); exif[0x010f] = "MetadataCamera"; exif[0x0112] = 1
exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">MetadataXMP</x:xmpmeta>'
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
plain = io.BytesIO(); wide.save(plain, "JPEG", quality=90, exif=exif, xmp=xmp, icc_profile=srgb, comment=b"MetadataComment")
iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x13\x1c\x02\x78\x00\x0eMetadataIPTC__\x00"
jpeg = plain.getvalue()
(out / "metadata.jpg").write_bytes(jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + jpeg[2:])
info = PngImagePlugin.PngInfo(); info.add_text("Comment", "MetadataComment"); info.add_itxt("XML:com.adobe.xmp", xmp.decode())
wide.save(out / "metadata.png", pnginfo=info, exif=exif, icc_profile=srgb)
wide.save(out / "metadata.webp", lossless=True, exif=exif.tobytes(), xmp=xmp, icc_profile=srgb)

# Hostile ones.
html = b"<html><script>alert('polyglot')</script></html>"
base = io.BytesIO(); wide.save(base, "JPEG", quality=90, comment=html)
(out / "polyglot.jpg").write_bytes(base.getvalue() + html)
side = 30000; z = zlib.compressobj(9); data = b""
row = b"\0" * (side // 8 + 1)
for _ in range(side): data += z.compress(row)
data += z.flush()
(out / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    + chunk(b"IDAT", data) + chunk(b"IEND", b""))
gif = bytearray((out / "still.gif").read_bytes()); gif[6:10] = struct.pack("<HH", 60000, 60000); (out / "huge-screen.gif").write_bytes(gif)
j = bytearray((out / "wide.jpg").read_bytes()); i = j.index(b"\xff\xc0"); j[i + 5:i + 9] = struct.pack(">HH", 60000, 60000)
(out / "huge-header.jpg").write_bytes(j)
w = bytearray((out / "lossy.webp").read_bytes()); i = w.index(b"VP8 "); w[i + 14:i + 18] = struct.pack("<HH", 16383, 16383)
(out / "huge-header.webp").write_bytes(w)
w = bytearray((out / "animated.webp").read_bytes()); i = w.index(b"VP8X"); w[i + 12:i + 18] = (59999).to_bytes(3, "little") * 2
(out / "huge-canvas.webp").write_bytes(w)
g = bytearray((out / "still.gif").read_bytes()); i = g.rindex(b",", 0, g.index(b"\x00\x00\x00\x00\xc8\x00\x64\x00") + 1)
g[6:10] = g[i + 5:i + 9] = struct.pack("<HH", 60000, 60000); (out / "huge-frame.gif").write_bytes(g)
small_png = io.BytesIO(); quarters(24, 24).save(small_png, "PNG"); small_png = small_png.getvalue()
text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * (40 << 20), 9))
(out / "text-bomb.png").write_bytes(small_png[:33] + text + small_png[33:])

# Progressive JPEGs of as many scans as wanted: a DC scan, then empty AC scans.
def segment(marker, data): return bytes([0xff, marker]) + struct.pack(">H", len(data) + 2) + data
def scans(count, side=64, bands=4):
    blocks = (side // 8) ** 2
    jpeg = b"\xff\xd8" + segment(0xdb, b"\0" + bytes([1] * 64))
    jpeg += segment(0xc2, struct.pack(">BHHB", 8, side, side, bands) + b"".join(bytes([c + 1, 0x11, 0]) for c in range(bands)))
    jpeg += segment(0xc4, b"\x00" + bytes([1] + [0] * 15) + b"\0") + segment(0xc4, b"\x10" + bytes([1] + [0] * 15) + b"\x50")
    jpeg += segment(0xda, bytes([bands]) + b"".join(bytes([c + 1, 0]) for c in range(bands)) + b"\0\0\0") + bytes(blocks * bands // 8)
    made = 1
    for c in range(bands):
        for k in range(1, 64):
            if made == count: break
            # Two runs of 32 blocks each: code 0 with five bits 00000, twice, filled up with ones.
            jpeg += segment(0xda, bytes([1, c + 1, 0, k, k, 0])) + bytes([0, 0b00001111]); made += 1
    return jpeg + b"\xff\xd9"
for count in (100, 101): (out / f"scans-{count}.jpg").write_bytes(scans(count))

# Colour profiles: red and blue exchanged, broken, and one that does not fit the pixels.
profile = bytearray(srgb); tags = {}
for n in range(struct.unpack(">I", profile[128:132])[0]):
    at = 132 + 12 * n; tags[bytes(profile[at:at + 4])] = at
r, b = tags[b"rXYZ"], tags[b"bXYZ"]
profile[r + 4:r + 12], profile[b + 4:b + 12] = bytes(profile[b + 4:b + 12]), bytes(profile[r + 4:r + 12])
red = Image.new("RGB", (32, 32), (220, 30, 30))
red.save(out / "profile.jpg", quality=90, icc_profile=bytes(profile)); red.save(out / "profile.png", icc_profile=bytes(profile))
red.save(out / "profile.webp", lossless=True, icc_profile=bytes(profile))
red.save(out / "profile-broken.jpg", quality=90, icc_profile=bytes(range(256)) * 2)
red.convert("CMYK").save(out / "profile-cmyk.jpg", quality=90, icc_profile=bytes(profile))
turned = quarters(96, 64).transpose(undo[6]); exif = Image.Exif(); exif[0x0112] = 6
turned.save(out / "orientation-6.png", exif=exif); turned.save(out / "orientation-6.webp", lossless=True, exif=exif.tobytes())

# A whole file whose pixels can be inflated down to row 300 of 400: a block type of 3 is invalid.
stream = zlib.compressobj(9)
pixels = stream.compress((b"\0" + bytes([30, 200, 30]) * 100) * 300) + stream.flush(zlib.Z_SYNC_FLUSH) + b"\xff\xff"
header = struct.pack(">IIBBBBB", 100, 400, 8, 2, 0, 0, 0)
(out / "damaged-rows.png").write_bytes(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))

# Small ones, for cutting them off at every byte.
small = Image.effect_noise((24, 16), 90).convert("RGB"); small.paste(quarters(12, 12), (4, 2))
small.save(out / "small.jpg", quality=75); small.save(out / "small-progressive.jpg", quality=75, progressive=True)
small.save(out / "small.png"); (out / "small-interlaced.png").write_bytes(png(24, 16, 8, 2, adam7(small), interlace=1))
small.quantize(16).save(out / "small.gif"); small.save(out / "small.webp", quality=75); small.save(out / "small-lossless.webp", lossless=True)
second = small.transpose(Image.Transpose.ROTATE_180)
small.quantize(16).save(out / "small-animated.gif", save_all=True, append_images=[second.quantize(16)], duration=100, loop=0)
small.save(out / "small-animated.webp", save_all=True, append_images=[second], duration=100, loop=0, quality=75)
fading = small.copy(); fading.putalpha(Image.linear_gradient("L").resize((24, 16))); fading.save(out / "small-alpha.webp", quality=75)

# What other loaders would take.
small.save(out / "small.tiff"); small.save(out / "small.ppm")
(out / "small.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='24' height='16'/>")
