/* Pillow 13's BICUBIC of uint8, bit for bit: weights of 22 bits, each pass rounded and clipped. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/* Resizes the middle axis of (before, n_in, after) values. */
static void pass(const uint8_t *in, int before, int n_in, int after, uint8_t *out, int n_out) {
    double scale = (double)n_in / n_out, stretch = scale < 1 ? 1 : scale, support = 2 * stretch;
    double *weights = malloc((size_t)(2 * support + 3) * sizeof *weights);
    for (int o = 0; o < n_out; o++) {
        double centre = (o + 0.5) * scale, total = 0;
        int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
        first = first < 0 ? 0 : first, end = end > n_in ? n_in : end;
        for (int i = first; i < end; i++) total += weights[i - first] = bicubic((i - centre + 0.5) * (1 / stretch));
        for (int b = 0; b < before; b++)
            for (int c = 0; c < after; c++) {
                int sum = 1 << 21;
                for (int i = first; i < end; i++)
                    sum += in[(b * n_in + i) * after + c] * (int)round(weights[i - first] / total * (1 << 22));
                sum >>= 22;
                out[(b * n_out + o) * after + c] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
            }
    }
    free(weights);
}

void resize(const uint8_t *in, int h, int w, int channels, uint8_t *out, int out_h, int out_w) {
    int rows_first = h > out_h && h - out_h > 2 * (w - out_w); /* as Pillow 13 chooses; the columns first otherwise */
    uint8_t *between = malloc((size_t)(rows_first ? out_h * w : h * out_w) * channels);
    if (rows_first) pass(in, 1, h, w * channels, between, out_h), pass(between, out_h, w, channels, out, out_w);
    else pass(in, h, w, channels, between, out_w), pass(between, 1, h, out_w * channels, out, out_h);
    free(between);
}
