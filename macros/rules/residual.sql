{#- What is left of a level in logarithms, within bounds, so that no single day outweighs the others. -#}
{%- macro residual(left) -%}
    case
        when {{ left }} is not null then cast({{ clamp(left, '-1.5', '1.5') }} as decimal(9, 4))
    end
{%- endmacro -%}
