use dlkit::prelude::*;
use std::time::Instant;
fn main() -> dlkit::Result<()> {
    let seed = Seed(1);
    let x = Initializer::Uniform(1.0).tensor(&[128, 784], seed, &Device::Cpu)?;
    let y = Tensor::from_iter((0..128u32).map(|i| i % 10), &Device::Cpu)?;
    let model = Sequential::new()
        .add(Dense::new(512).relu())
        .add(Dense::new(10))
        .build(784, seed, &Device::Cpu)?;
    let mut adam = Adam::new(1e-3);
    let mut t = [const { Vec::new() }; 5];
    for step in 0..600 {
        let s0 = Instant::now();
        let z = model.forward(&x, &Pass::training(seed.at(step)))?;
        let s1 = Instant::now();
        let loss = SparseCategoricalCrossEntropy.from_logits(&z, &y)?;
        let s2 = Instant::now();
        let g = loss.backward()?;
        let s3 = Instant::now();
        adam.step(model.variables(), &g)?;
        let s4 = Instant::now();
        drop((g, z, loss));
        let s5 = Instant::now();
        for (i, d) in [s1 - s0, s2 - s1, s3 - s2, s4 - s3, s5 - s0]
            .into_iter()
            .enumerate()
        {
            t[i].push(d.as_secs_f64() * 1e3);
        }
    }
    for (n, v) in ["forward", "loss", "backward", "adam", "step"]
        .iter()
        .zip(&mut t)
    {
        v.drain(..20);
        v.sort_by(f64::total_cmp);
        println!("{n:9} median {:.3} min {:.3}", v[v.len() / 2], v[0]);
    }
    Ok(())
}
