/** The page's entry. */
import './app/theme.css'
import './ui/ui.css'
import './ui/overlays.css'
import './app/shell.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'

const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
