/// Returns a QR code of the text as a PNG; `None` if the text is too long.
pub(crate) fn png(text: &str) -> Option<Vec<u8>> {
    let code = qrcode::QrCode::new(text).ok()?;
    let (modules, width) = (code.to_colors(), code.width());
    let side = (width + 2 * QUIET_ZONE) * SCALE;
    let dark = |x: usize, y: usize| {
        let (column, row) = ((x / SCALE).checked_sub(QUIET_ZONE)?, (y / SCALE).checked_sub(QUIET_ZONE)?);
        (column < width && row < width).then(|| modules[row * width + column] == qrcode::Color::Dark)
    };
    let pixels: Vec<u8> =
        (0..side * side).map(|pixel| if dark(pixel % side, pixel / side) == Some(true) { 0 } else { 255 }).collect();
    let mut bytes = Vec::new();
    let length = u32::try_from(side).ok()?;
    let mut encoder = png::Encoder::new(&mut bytes, length, length);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// The white border in modules, as the QR standard requires.
const QUIET_ZONE: usize = 4;
/// Pixels per module.
const SCALE: usize = 4;
