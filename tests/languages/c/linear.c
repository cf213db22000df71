/* Linear interpolation, half_pixel, float32: no antialiasing. */
#include <math.h>

static double clamp(double x, double most) { return x < 0 ? 0 : x > most ? most : x; }

static double coordinate(int o, int n_in, int n_out) { return (o + 0.5) * n_in / n_out - 0.5; }

void resize(const float *in, int h, int w, int channels, float *out, int out_h, int out_w) {
    for (int oy = 0; oy < out_h; oy++) {
        double y = clamp(coordinate(oy, h, out_h), h - 1);
        int top = (int)y, bottom = top + 1 < h ? top + 1 : top;
        for (int ox = 0; ox < out_w; ox++) {
            double x = clamp(coordinate(ox, w, out_w), w - 1);
            int left = (int)x, right = left + 1 < w ? left + 1 : left;
            for (int c = 0; c < channels; c++) {
                double a = in[(top * w + left) * channels + c], b = in[(top * w + right) * channels + c];
                double d = in[(bottom * w + left) * channels + c], e = in[(bottom * w + right) * channels + c];
                double upper = a + (b - a) * (x - left), lower = d + (e - d) * (x - left);
                out[(oy * out_w + ox) * channels + c] = (float)(upper + (lower - upper) * (y - top));
            }
        }
    }
}
