/// The colours and marks of the screen.
#[derive(Clone, Debug, Default)]
pub struct Theme {}
